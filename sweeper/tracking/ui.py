"""The MLflow UI, on this machine alone."""

import os
import subprocess
import sys

from sweeper.errors import TrackingError, UsageError
from sweeper.tracking import layout
from sweeper.tracking.store import open_sqlite, sqlite_path


def serve(uri: str, port: int) -> int:
    """Serves the UI of a database store on 127.0.0.1 until it is interrupted.

    Raises TrackingError where there is no store, UsageError for a store that is a server: it has
    a UI of its own."""
    if uri.startswith("http"):
        raise UsageError(f"{uri} is a server and has its own UI: open it in a browser")
    path = sqlite_path(uri)
    if path is not None:
        open_sqlite(uri, path).close()
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    if path is not None:
        command += [
            "--default-artifact-root",
            str(path.absolute().parent / layout.DEFAULT_ARTIFACTS),
        ]
    print(f"MLflow UI: http://127.0.0.1:{port} (Ctrl-C ends it)", flush=True)
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    try:
        return subprocess.run(command, env=os.environ | quiet, check=False).returncode
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        raise TrackingError(f"the MLflow UI cannot be started: {error}") from error
