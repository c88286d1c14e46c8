"""An MLflow that is unreachable when a launch begins: one line with the fix, within seconds."""

import contextlib
import http.server
import socket
import threading
from importlib.util import find_spec

import pytest

from tests.faults.clusters import free_port
from tests.faults.sweeps import TINY, Sweep

pytestmark = pytest.mark.fault


class Refusing(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(403)

    def log_message(self, *_):
        """Nothing is logged."""


@contextlib.contextmanager
def refusing():
    """A server that answers 403 to everything."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@contextlib.contextmanager
def hanging():
    """One that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextlib.contextmanager
def nobody():
    yield free_port()


@pytest.mark.parametrize(
    "there, uri, message",
    [
        (nobody, "http://u:secret@127.0.0.1:{}", "cannot be reached: [Errno 111] Connection ref"),
        (hanging, "http://127.0.0.1:{}", "cannot be reached: timed out. Start it or correct the"),
        (refusing, "http://127.0.0.1:{}", "(403). Start it with: mlflow server --allowed-hosts"),
        (nobody, "postgresql+psycopg2://u:secret@127.0.0.1:{}/m", "Connection refused"),
        (hanging, "postgresql+psycopg2://u:secret@127.0.0.1:{}/m", "timeout expired"),
    ],
)
def test_a_launch_is_refused_in_a_line_and_leaves_the_store_free(there, uri, message, tmp_path):
    if uri.startswith("postgresql") and find_spec("psycopg2") is None:
        pytest.skip("psycopg2 is not installed")
    with there() as port:
        sweep = Sweep(tmp_path, TINY, "--tracking-uri", uri.format(port))
        done = sweep.run("launch", "grid.yaml", *sweep.options, timeout_s=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
    assert "secret" not in done.stderr
    assert [path.name for path in (tmp_path / "sweep_store").iterdir()] == ["launch.lock"]
