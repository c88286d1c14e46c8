"""The MLflow UI, on this machine alone."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from sweeper.errors import TrackingError, UsageError
from sweeper.messages import mask_credentials
from sweeper.tracking import layout
from sweeper.tracking.reading import database
from sweeper.tracking.sqlite_file import relocate
from sweeper.tracking.uri import artifact_uri, relative_sqlite_uri, sqlite_path
from sweeper.tracking.writing import experiment_page

_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # Judges of language models: five processes that sweeper does not need.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}


def serve(uri: str, port: int) -> int:
    """Serves the UI of a database store on 127.0.0.1 until it is interrupted or terminated.

    Raises TrackingError where there is no store, UsageError for a port in use and for a store that
    is a server, which has its own UI."""
    if uri.startswith("http"):
        shown = mask_credentials(uri)
        raise UsageError(f"{shown} is a server and has its own UI: open it in a browser")
    path = sqlite_path(uri)
    if path is not None:
        relocate(uri, path)
    _check_port(port)
    print(f"Starting the MLflow UI on port {port}; this takes some seconds", flush=True)
    server = _start(uri, path, port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # else the server would stay
    try:
        if _answers(server, port):
            print(f"MLflow UI: {address(uri, port)} (Ctrl-C ends it)", flush=True)
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        server.terminate()
        server.wait()


def _start(uri: str, path: Path | None, port: int) -> "subprocess.Popen[bytes]":
    """Starts the server in the folder of the database, which MLflow then finds by its name: it
    creates the folders of an absolute address without unquoting them. The address is passed in the
    environment, as other users can read a command."""
    command = [sys.executable, "-m", "mlflow", "server"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    store, folder = uri, None
    if path is not None:
        folder = path.absolute().parent
        store = relative_sqlite_uri(path)
        command += ["--default-artifact-root", artifact_uri(folder / layout.DEFAULT_ARTIFACTS)]
    environment = os.environ | _QUIET | {"MLFLOW_BACKEND_STORE_URI": store}
    try:
        return subprocess.Popen(command, env=environment, cwd=folder)
    except OSError as error:
        raise TrackingError(f"the MLflow UI cannot be started: {error}") from error


def _answers(server: "subprocess.Popen[bytes]", port: int) -> bool:
    """Waits until the port answers; False if the server ends before."""
    while server.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.2)
    return False


def address(uri: str, port: int) -> str:
    """The page of the runs of the newest experiment, the best CbD first."""
    place = f"http://127.0.0.1:{port}"
    known = database.read_experiments(uri) if sqlite_path(uri) is not None else []
    ids = [int(found.experiment_id) for found in known if found.active and found.name != "Default"]
    view = f"runs?viewStateShareKey={experiment_page.VIEW}&workflowType=machine_learning"
    return f"{place}/#/experiments/{max(ids)}/{view}" if ids else place


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            raise UsageError(
                f"port {port} of 127.0.0.1 is in use: name another by --port"
            ) from None
