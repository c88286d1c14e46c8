"""A sweep against an MLflow server with PostgreSQL, artifacts through the server."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from tests.faults.sweeps import TINY, Sweep
from tests.faults.test_tracking import Server, free_port

pytestmark = [pytest.mark.slow, pytest.mark.fault, pytest.mark.timeout(600)]

RUNS = (
    "SELECT t.value, m.key, m.step, m.value, m.is_nan, r.status FROM metrics m"
    " JOIN runs r ON r.run_uuid = m.run_uuid"
    " JOIN tags t ON t.run_uuid = m.run_uuid AND t.key = 'sweeper.run_id'"
    " WHERE r.lifecycle_stage = 'active'"
)


def programs() -> Path | None:
    """Where PostgreSQL's own programs lie; Debian keeps them off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@pytest.fixture
def postgres():
    """A database cluster of its own on loopback: a URI. It does not run as root."""
    psycopg2 = pytest.importorskip("psycopg2")
    place = programs()
    if place is None:
        pytest.skip("no PostgreSQL here (Debian: apt-get install postgresql)")
    user = "postgres" if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="swpg"))
    if user:
        shutil.chown(folder, user)
    port = free_port()
    quiet = dict(user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run([place / "initdb", "-D", folder / "data", "-A", "trust"], check=True, **quiet)
    options = ["-c", "listen_addresses=127.0.0.1", "-p", str(port), "-k", folder, "-F"]
    with subprocess.Popen([place / "postgres", "-D", folder / "data", *options], **quiet) as server:
        uri = f"postgresql://{user or os.environ['USER']}@127.0.0.1:{port}/postgres"
        for _ in range(300):
            with contextlib.suppress(psycopg2.OperationalError):
                psycopg2.connect(uri).close()
                break
            assert server.poll() is None
            time.sleep(0.1)
        yield uri
        server.send_signal(signal.SIGINT)  # at once: SIGTERM waits for clients
    shutil.rmtree(folder, ignore_errors=True)


def test_a_sweep_through_a_server_with_postgres_is_the_same(tiny, tmp_path, postgres):
    import psycopg2

    server = Server(tmp_path, backend=postgres.replace("://", "+psycopg2://")).start()
    try:
        sweep = Sweep(tmp_path / "sweep", TINY, "--tracking-uri", server.uri)
        assert sweep.launch() == 0, sweep.output
        assert sweep.launch() == 0, "once more: nothing to do"
        table = sweep.run("table", "grid", "--format", "csv", "--tracking-uri", server.uri)
        assert table.returncode == 0, table.stderr
    finally:
        server.kill()
    with contextlib.closing(psycopg2.connect(postgres)) as connection:
        with connection.cursor() as cursor:
            cursor.execute(RUNS)
            rows = cursor.fetchall()
    assert {row[5] for row in rows} == {"FINISHED"}
    points: dict = {}
    for run_id, key, step, value, is_nan, _ in rows:
        assert (key, step) not in points.setdefault(run_id, {})
        points[run_id][key, step] = float("nan") if is_nan else value
    assert points == tiny
    assert list((tmp_path / "served").glob("**/latents.h5")), "artifacts lie with the server"
    assert not (sweep.folder / "mlartifacts").exists()
