"""Tracking URIs: which ones are accepted, and the errors for the others.

Databases are checked before mlflow is loaded: MLflow's own store class would migrate a database of
an older version without asking."""

import ast
import base64
import importlib.metadata
import importlib.util
import os
import re
import sqlite3
import urllib.error
import urllib.request
from functools import cache
from pathlib import Path

from sweeper.errors import TrackingError
from sweeper.messages import mask_credentials

DATABASES = ("postgresql", "mysql", "mssql")
BUSY_TIMEOUT_S = 20.0  # how long a reader waits for a writer's commit
PREFLIGHT_TIMEOUT_S = 10.0
_API = "/api/2.0/mlflow/experiments/search?max_results=1"


def sqlite_path(uri: str) -> Path | None:
    """The file of a `sqlite:///` URI, or None for any other URI."""
    if not uri.startswith("sqlite:"):
        return None
    place = uri.removeprefix("sqlite:///").split("?")[0]
    if not uri.startswith("sqlite:///") or not place:
        raise TrackingError(
            f"tracking URI {mask_credentials(uri)!r} names no file; write sqlite:///mlflow.db"
        )
    return Path(place)


def check_uri(uri: str) -> None:
    """Refuse a URI that no store can have. Raises TrackingError."""
    scheme = uri.split(":")[0].split("+")[0] if ":" in uri else ""
    if sqlite_path(uri) is not None or scheme in ("http", "https", *DATABASES):
        return
    if scheme in ("file", ""):
        folder = uri.removeprefix("file://").removeprefix("file:") or "mlruns"
        raise TrackingError(
            f"tracking URI {mask_credentials(uri)!r} names MLflow's file store, which "
            f"MLflow 3.13 and newer refuse. Move it into a database: "
            f"mlflow migrate-filestore --source {folder} --target sqlite:///mlflow.db"
        )
    raise TrackingError(
        f"tracking URI {mask_credentials(uri)!r} has an unknown scheme {scheme!r}. "
        f"Known: sqlite, http, https, {', '.join(DATABASES)}"
    )


def open_sqlite(uri: str, path: Path) -> sqlite3.Connection:
    """A connection that never creates or migrates the file. Raises TrackingError."""
    if not path.is_file():
        raise TrackingError(
            f"no MLflow store at {path.absolute()} ({mask_credentials(uri)}). Launch a grid here, "
            "or name the store with --tracking-uri"
        )
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", BUSY_TIMEOUT_S, uri=True
        )
        check_revision(uri, _revision(connection, uri))
    except sqlite3.Error as error:
        raise TrackingError(f"{path} cannot be read as an SQLite database: {error}") from None
    return connection


def _revision(connection: sqlite3.Connection, uri: str) -> str:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if "alembic_version" not in tables or "runs" not in tables:
        raise TrackingError(
            f"{mask_credentials(uri)} is a database, but not one of MLflow's: "
            "it has no table of runs"
        )
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else "none"


def check_revision(uri: str, found: str) -> None:
    """Refuse a database whose schema is not that of the installed MLflow."""
    known, head = schema_revisions()
    if found == head:
        return
    installed = f"MLflow {importlib.metadata.version('mlflow')}, schema {head}"
    if found in known:
        raise TrackingError(
            f"{mask_credentials(uri)} was made by an older MLflow (schema {found}); "
            f"installed: {installed}. Back the database up, then: "
            f"mlflow db upgrade {mask_credentials(uri)}"
        )
    raise TrackingError(
        f"{mask_credentials(uri)} was made by a newer MLflow (schema {found}); "
        f"installed: {installed}. Install the version that made it: pip install --upgrade mlflow"
    )


@cache
def schema_revisions() -> tuple[frozenset[str], str]:
    """(every schema revision of the installed MLflow, the newest one), from its scripts.

    The scripts are parsed, not imported: that would load all of mlflow."""
    spec = importlib.util.find_spec("mlflow")
    if spec is None or spec.origin is None:
        raise TrackingError("mlflow is not installed: pip install mlflow")
    revisions: set[str] = set()
    parents: set[str | None] = set()
    for script in (Path(spec.origin).parent / "store/db_migrations/versions").glob("*.py"):
        for node in ast.parse(script.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                if name == "revision":
                    revisions.add(ast.literal_eval(node.value))
                elif name == "down_revision":
                    value = ast.literal_eval(node.value)
                    parents.update(value if isinstance(value, tuple) else (value,))
    (head,) = revisions - parents
    return frozenset(revisions), head


def check_server(uri: str) -> None:
    """Ask a tracking server for one experiment. Raises TrackingError that tells why it fails.

    MLflow's own client would try for four minutes before it gives up. The API is asked, not
    /version or /health: the server answers those without checking host name or password."""
    address = re.sub(r"//[^/@]*@", "//", uri).rstrip("/")
    request = urllib.request.Request(f"{address}{_API}", headers=_credentials())
    try:
        with urllib.request.urlopen(request, timeout=PREFLIGHT_TIMEOUT_S):
            return
    except urllib.error.HTTPError as error:
        raise TrackingError(_refusal(uri, address, error)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise TrackingError(
            f"the MLflow server at {mask_credentials(uri)} cannot be reached: {reason}. "
            "Start it or correct the address; then run the same command again"
        ) from None


def _credentials() -> dict[str, str]:
    """The password header that MLflow's client would send, from the environment."""
    user = os.environ.get("MLFLOW_TRACKING_USERNAME")
    password = os.environ.get("MLFLOW_TRACKING_PASSWORD")
    if not user or password is None:
        return {}
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {token}"}


def _refusal(uri: str, address: str, error: urllib.error.HTTPError) -> str:
    host = address.split("/")[2]
    if error.code == 403:
        return (
            f"the MLflow server at {mask_credentials(uri)} refuses the host name {host!r} (403). "
            f"Start it with: mlflow server --allowed-hosts {host},localhost:*,127.0.0.1:*"
        )
    if error.code == 401:
        return (
            f"the MLflow server at {mask_credentials(uri)} wants a password (401). Set "
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
        )
    return f"{mask_credentials(uri)} answers {error.code} {error.reason}: is it an MLflow server?"
