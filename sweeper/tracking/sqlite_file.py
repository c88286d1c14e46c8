"""An SQLite store as a file: opening, recognising a half-made one, creating, moving.

A store is created under a temporary name and renamed, so a launch that is killed meanwhile leaves
none. Older versions left a database without all of its tables; one without runs is put aside."""

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

from sweeper.errors import TrackingError
from sweeper.messages import mask_credentials
from sweeper.tracking import layout
from sweeper.tracking.empty_database import create_database
from sweeper.tracking.schema import check_revision, schema_revisions
from sweeper.tracking.uri import artifact_path, artifact_uri
from trainers.files import write_then_rename

BUSY_TIMEOUT_S = 20.0  # how long a reader waits for a writer's commit
_FOLDERS = (layout.DEFAULT_ARTIFACTS, "mlruns")  # of artifacts, in the folder of the database
_INITIAL_ROWS = {"alembic_version", "experiments", "workspaces"}  # tables filled at creation
_HEADER = b"SQLite format 3\0"
_ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


class HalfMadeStore(TrackingError):
    """A database whose creation was interrupted; it holds no runs."""


def open_sqlite(uri: str, path: Path) -> sqlite3.Connection:
    """A connection that never creates or migrates the file. Raises TrackingError."""
    if not path.is_file():
        raise TrackingError(
            f"no MLflow store at {path.absolute()} ({mask_credentials(uri)}). Launch a grid here, "
            "or name the store with --tracking-uri"
        )
    connection = None
    try:
        address = f"{path.absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(address, timeout=BUSY_TIMEOUT_S, uri=True)
        _check_schema(connection, uri, path)
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        raise TrackingError(_sqlite_problem(path, error)) from None
    except TrackingError:
        if connection is not None:
            connection.close()
        raise
    return connection


def _sqlite_problem(path: Path, error: sqlite3.Error) -> str:
    if "locked" in str(error):
        return (
            f"{path} is locked by another program (waited {BUSY_TIMEOUT_S:.0f} s). Close what has "
            f"it open (fuser {path} lists it), then run the same command again"
        )
    remedy = ". Make the file and its folder readable and writable" if "open" in str(error) else ""
    return f"{path} cannot be read as an SQLite database: {error}{remedy}"


def _check_schema(connection: sqlite3.Connection, uri: str, path: Path) -> None:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    row = None
    if "alembic_version" in tables:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    found = str(row[0]) if row else "none"
    known, head = schema_revisions()
    if found != head and found in (*known, "none") and _without_runs(connection, path):
        raise HalfMadeStore(
            f"{mask_credentials(uri)}: the creation of this MLflow database was interrupted, and "
            "it holds no runs. The next launch replaces it"
        )
    if "alembic_version" not in tables or "runs" not in tables:
        raise TrackingError(
            f"{mask_credentials(uri)} is a database, but not one of MLflow's: "
            "it has no table of runs"
        )
    check_revision(uri, found)


def _without_runs(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the tables are MLflow's first ones, or none, and hold at most their initial rows."""
    with path.open("rb") as file:
        if file.read(16) not in (b"", _HEADER):  # SQLite reads one odd byte as an empty database
            return False
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    tables = {name for (name,) in connection.execute(query)}
    if tables - {"alembic_version"}:  # MLflow creates `experiments` first
        columns = {row[1] for row in connection.execute("PRAGMA table_info(experiments)")}
        if "artifact_location" not in columns:
            return False
    for table in tables:
        limit = 1 if table in _INITIAL_ROWS else 0
        (count,) = connection.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()
        if count > limit:
            return False
    return True


def check_writable(uri: str, path: Path) -> None:
    """Writes a file next to the database, and begins a change of it, as a launch does. Nothing
    stays. Raises TrackingError."""
    _write_probe(path, path.absolute().parent)
    if not path.is_file():
        return
    with closing(open_sqlite(uri, path)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()
        except sqlite3.Error as error:
            raise TrackingError(_sqlite_problem(path, error)) from None


def check_artifacts_writable(uri: str, path: Path, experiment: str | None = None) -> None:
    """Writes a file into the folder of an experiment's artifacts, or of all experiments. Nothing
    stays. Raises TrackingError."""
    home = path.absolute().parent
    folder: Path | None = home / layout.DEFAULT_ARTIFACTS
    if path.is_file() and experiment is not None:
        query = "SELECT artifact_location FROM experiments WHERE name = ?"
        with closing(open_sqlite(uri, path)) as connection:
            found = connection.execute(query, (experiment,)).fetchone()
        if found is not None:
            folder = artifact_path(relocated(found[0], home))
    if folder is not None:
        _write_probe(folder, folder)


def _write_probe(path: Path, folder: Path) -> None:
    """Writes and removes a file where `folder` is or would be created. path: what needs it."""
    try:
        existing = next(place for place in (folder, *folder.parents) if place.exists())
        probe = existing / f".{path.name}.probe"
        probe.write_bytes(b"probe")
        probe.unlink()
    except OSError as error:
        raise TrackingError(_not_writable(path, error)) from None


def _not_writable(path: Path, error: OSError) -> str:
    return (
        f"{path} cannot be created or changed: {error.strerror or error}. Work in a folder that "
        "you can write, or name another store with --tracking-uri"
    )


def create_where_missing(uri: str, path: Path) -> None:
    """Creates the database of `path` unless it is complete. Raises TrackingError.

    A half-made one is renamed to NAME.incomplete. The folder is locked meanwhile, so that of two
    launches one creates it."""
    with _folder_lock(path):
        if path.is_file():
            try:
                open_sqlite(uri, path).close()
                return
            except HalfMadeStore:
                path.replace(path.with_name(f"{path.name}.incomplete"))
        new = path.with_name(f".{path.name}.new")
        for left in (new, Path(f"{new}-journal")):  # of a launch that was killed here
            left.unlink(missing_ok=True)
        with write_then_rename(path, new):
            create_database(new)
            _add_default_experiment(new, path.absolute().parent)


def _add_default_experiment(database: Path, home: Path) -> None:
    """MLflow adds its experiment 0 to a store without one, by SQL that contains the folder's name:
    a folder `a :b`, or one with both kinds of quotes, is an error there."""
    now_ms = int(time.time() * 1000)
    values = {
        "experiment_id": 0,
        "name": "Default",
        "artifact_location": artifact_uri(home / "mlruns" / "0"),
        "lifecycle_stage": "active",
        "creation_time": now_ms,
        "last_update_time": now_ms,
    }
    columns = ", ".join(values)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            f"INSERT INTO experiments ({columns}) VALUES (:{', :'.join(values)})", values
        )


@contextlib.contextmanager
def _folder_lock(path: Path) -> Iterator[None]:
    """Locks the folder of `path`, where the file system can lock."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise TrackingError(_not_writable(path, error)) from error
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    except OSError as error:
        raise TrackingError(_not_writable(path, error)) from error
    finally:
        os.close(folder)


def relocated(uri: str, home: Path) -> str:
    """An artifact address after the working folder, with the database, was moved to `home`.

    Unchanged where it is in `home` already, or where the artifacts are kept elsewhere on purpose:
    they exist there, and not in `home`."""
    path = artifact_path(uri)
    if path is None:
        return uri
    index = max((i for i, part in enumerate(path.parts) if part in _FOLDERS), default=0)
    old = Path(*path.parts[:index]) if index else home
    if old == home or _same_folder(old, home):
        return uri
    here = home.joinpath(*path.parts[index:])
    return artifact_uri(here) if here.exists() or not path.exists() else uri


@cache
def _same_folder(one: Path, other: Path) -> bool:
    """Whether two paths, one perhaps with a symbolic link, are one folder."""
    return one.exists() and other.exists() and one.samefile(other)


def relocate(uri: str, path: Path) -> None:
    """Rewrites the artifact addresses of a store whose folder was moved or copied, so that MLflow
    writes into the new folder."""
    home = Path(os.path.abspath(path)).parent
    with closing(open_sqlite(uri, path)) as connection:
        for table, column in _ADDRESSES:
            rows = connection.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()
            pairs = [(relocated(old, home), old) for (old,) in rows if old]
            changes = [(new, old) for new, old in pairs if new != old]
            with connection:
                query = f"UPDATE {table} SET {column} = ? WHERE {column} = ?"
                connection.executemany(query, changes)
