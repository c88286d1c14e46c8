"""A sweep against an MLflow server with PostgreSQL, artifacts through the server."""

import contextlib

import pytest

from tests.faults.sweeps import TINY, Sweep
from tests.faults.test_tracking import Server
from tests.support.postgres import postgres_server

pytestmark = [pytest.mark.slow, pytest.mark.fault, pytest.mark.timeout(600)]

RUNS = (
    "SELECT t.value, m.key, m.step, m.value, m.is_nan, r.status FROM metrics m"
    " JOIN runs r ON r.run_uuid = m.run_uuid"
    " JOIN tags t ON t.run_uuid = m.run_uuid AND t.key = 'sweeper.run_id'"
    " WHERE r.lifecycle_stage = 'active'"
)


@pytest.fixture
def postgres():
    with postgres_server() as uri:
        yield uri


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
