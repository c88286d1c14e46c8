"""A PostgreSQL server of its own on loopback."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    """The address of an empty database, whose server ends with the block; it does not run as root.

    Skips the test where the driver or PostgreSQL's programs are missing."""
    psycopg2 = pytest.importorskip("psycopg2")
    place = _programs()
    if place is None:
        pytest.skip("no PostgreSQL here (Debian: apt-get install postgresql)")
    user = "postgres" if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="swpg"))
    if user:
        shutil.chown(folder, user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    quiet = dict(user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run([place / "initdb", "-D", folder / "data", "-A", "trust"], check=True, **quiet)
    options = ["-c", "listen_addresses=127.0.0.1", "-p", str(port), "-k", folder, "-F"]
    with subprocess.Popen([place / "postgres", "-D", folder / "data", *options], **quiet) as server:
        try:
            uri = f"postgresql://{user or os.environ['USER']}@127.0.0.1:{port}/postgres"
            for _ in range(300):
                with contextlib.suppress(psycopg2.OperationalError):
                    psycopg2.connect(uri).close()
                    break
                assert server.poll() is None
                time.sleep(0.1)
            yield uri
        finally:
            server.send_signal(signal.SIGINT)  # at once: SIGTERM waits for clients
    shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    """Where PostgreSQL's own programs lie; Debian keeps them off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None
