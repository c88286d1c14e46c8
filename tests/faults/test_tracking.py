"""An MLflow server that is slow, hangs, dies and comes back: nothing lost, nothing twice."""

import contextlib
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import pytest

from tests.faults.sweeps import TINY, Sweep, stored

pytestmark = [pytest.mark.fault, pytest.mark.timeout(400)]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """An MLflow server on loopback whose artifacts go through it."""

    def __init__(self, folder, backend=None):
        self.folder, self.port = folder, free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self.backend = backend or f"sqlite:///{folder}/server.db"

    def start(self):
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--workers", "1"]
        command += ["--backend-store-uri", self.backend]
        command += ["--artifacts-destination", str(self.folder / "served")]
        with (self.folder / "server.txt").open("a") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, start_new_session=True
            )
        for _ in range(600):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.uri}/health"):
                return self
            assert self.process.poll() is None, (self.folder / "server.txt").read_text()
            time.sleep(0.1)
        raise AssertionError("the server does not answer")

    def kill(self):
        import psutil

        if self.process.poll() is not None:
            return
        for process in [*psutil.Process(self.process.pid).children(recursive=True), self.process]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path):
    running = Server(tmp_path).start()
    yield running
    running.kill()


class Proxy:
    """Passes connections on: after `delay_s`, or never while `hanging` is set."""

    def __init__(self, port):
        self.to, self.delay_s, self.hanging, self.held = port, 0.0, threading.Event(), 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.uri = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, socket.create_connection(("127.0.0.1", self.to)) as server:
            back = threading.Thread(target=self._pass, args=(server, client), daemon=True)
            back.start()
            self._pass(client, server, self.delay_s)
            back.join()

    def _pass(self, source, target, delay_s=0.0):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self.hanging.is_set():
                    self.held += 1
                    while self.hanging.is_set():
                        time.sleep(0.05)
                time.sleep(delay_s)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def test_a_server_that_dies_and_comes_back_gets_everything_once(tiny, tmp_path, server):
    sweep = Sweep(tmp_path, TINY, "--tracking-uri", server.uri)
    with sweep.started() as process:
        sweep.wait_for(process, lambda: sweep.records() >= 1)
        server.kill()
        sweep.wait_for(process, lambda: sweep.records() == 4)
        server.start()
        assert process.wait(200) == 0, sweep.output
    assert stored(tmp_path, "server.db") == tiny


@pytest.mark.slow
def test_a_server_that_stays_away_gets_everything_from_the_next_launch(tiny, tmp_path, server):
    sweep = Sweep(tmp_path, TINY, "--tracking-uri", server.uri)
    with sweep.started() as process:
        sweep.wait_for(process, lambda: sweep.records() >= 1)
        server.kill()
        assert process.wait(300) == 1, sweep.output
    assert "are not in MLflow yet" in sweep.output
    assert "Traceback" not in sweep.output
    server.start()
    assert sweep.launch() == 0, sweep.output
    assert stored(tmp_path, "server.db") == tiny
    assert "to run     0 steps" in sweep.output


def test_a_slow_server_and_one_that_hangs_for_a_while_lose_nothing(tiny, tmp_path, server):
    proxy = Proxy(server.port)
    proxy.delay_s = 0.1
    short = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "5"}
    sweep = Sweep(tmp_path, TINY, "--tracking-uri", proxy.uri, **short)
    with sweep.started() as process:
        sweep.wait_for(process, lambda: sweep.records() >= 1)
        proxy.hanging.set()
        sweep.wait_for(process, lambda: sweep.records() == 4 and proxy.held)
        time.sleep(6)
        proxy.hanging.clear()
        assert process.wait(200) == 0, sweep.output
    assert stored(tmp_path, "server.db") == tiny
