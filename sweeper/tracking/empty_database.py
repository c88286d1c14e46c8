"""A new SQLite store without runs.

MLflow creates one by going through every older schema, which takes seconds. Its result is kept in
the user's cache folder, and copied from then on."""

import importlib.metadata
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from sweeper.tracking.schema import schema_revisions
from sweeper.tracking.uri import sqlite_uri
from trainers.files import user_cache, write_then_rename


def create_database(path: Path) -> None:
    """Writes the database of the installed MLflow to `path`, which is missing.

    Raises OSError. A cache folder that cannot be written is no error."""
    with suppress(OSError):
        shutil.copyfile(kept_database(), path)
        if _is_empty_store(path):
            return
    path.unlink(missing_ok=True)
    _create(path)
    with suppress(OSError):
        kept_database().parent.mkdir(parents=True, exist_ok=True)
        with write_then_rename(kept_database()) as temporary:
            shutil.copyfile(path, temporary)


def kept_database() -> Path:
    """Where the empty database of the installed MLflow is kept. Raises OSError without a home."""
    name = f"mlflow-{importlib.metadata.version('mlflow')}-{schema_revisions()[1]}.db"
    return user_cache() / name


def _is_empty_store(path: Path) -> bool:
    """Whether an undamaged database has the installed MLflow's schema, and no experiment."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            found = [
                connection.execute(query).fetchone()[0]
                for query in (
                    "PRAGMA quick_check",
                    "SELECT version_num FROM alembic_version",
                    "SELECT COUNT(*) FROM experiments",
                    "SELECT COUNT(*) FROM runs",
                )
            ]
    except (sqlite3.Error, TypeError):  # damaged, other tables, or no revision
        return False
    return found == ["ok", schema_revisions()[1], 0, 0]


def _create(path: Path) -> None:
    """Runs MLflow's own creation; listed in docs/private_uses.md."""
    from mlflow.store.db import utils

    engine = utils.create_sqlalchemy_engine(sqlite_uri(path))
    try:
        utils._initialize_tables(engine)
    finally:
        engine.dispose()
