"""A tracking server: what it refuses, and that it gives what its database holds."""

import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from sweeper.analysis.study import read_study
from sweeper.errors import TrackingError
from sweeper.tracking.reading import database, server
from sweeper.tracking.reading.reader import read_store
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic


def test_the_database_and_mlflows_client_agree(new_store):
    def change(cell, metrics):
        return metrics | {"measure/cbd": float("nan"), "measure/mig": float("inf")}

    uri = new_store()
    synthetic.write_launch(uri, invented.small_cells()[:5], change=change, artifacts=False)
    assert server.read_experiments(uri) == database.read_experiments(uri)
    ids = [found.experiment_id for found in database.read_experiments(uri)]
    ours, theirs = database.read_runs(uri, ids), server.read_runs(uri, ids)
    assert len(ours) == 6
    for runs in (ours, theirs):  # NaN is not equal to itself
        assert sum(np.isnan(run.metrics.pop("measure/cbd", 0)) for run in runs) == 5
    assert ours == theirs


class Answer(BaseHTTPRequestHandler):
    """Answers every request with the server's `code`."""

    def do_GET(self):
        self.send_response(self.server.code)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.mark.parametrize(
    ("code", "message"),
    [(403, "refuses the host name.*--allowed-hosts 127"), (404, "404.*is it an")],
)
def test_a_server_that_refuses_is_explained(code, message):
    with HTTPServer(("127.0.0.1", 0), Answer) as answering:
        answering.code = code
        threading.Thread(target=answering.handle_request, daemon=True).start()
        with pytest.raises(TrackingError, match=message):
            read_store(f"http://127.0.0.1:{answering.server_port}")


def test_an_unreachable_server_is_an_error_without_retries():
    with pytest.raises(TrackingError, match="127.0.0.1:9 cannot be reached"):
        read_store("http://127.0.0.1:9")


@pytest.mark.slow
def test_a_tracking_server_and_its_database_agree(new_store):
    uri = new_store()
    synthetic.write_launch(uri, invented.small_cells()[:3])
    port = free_port()
    command = [shutil.which("mlflow", path=Path(sys.executable).parent), "server", "--port"]
    command += [str(port), "--host", "127.0.0.1", "--backend-store-uri", uri, "--workers", "1"]
    quiet = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=quiet
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/health")
        ours, theirs = read_study(uri), read_study(address)
        assert ours.runs.equals(theirs.runs) and len(theirs.launches) == 1
        run_id = ours.runs.run_id[0]
        assert (ours.latents(run_id).mu_NL == theirs.latents(run_id).mu_NL).all()
    finally:
        process.terminate()
        process.wait(20)


def free_port():
    with HTTPServer(("127.0.0.1", 0), Answer) as answering:
        return answering.server_port


def wait_for(address):
    for _ in range(300):
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{address} does not answer")
