"""Statements on a store that is a database: an SQLite file, or any other through SQLAlchemy.

The same texts run on both: names of columns that some databases reserve stand in double quotes,
parameters are written `:name`. A file is read without SQLAlchemy, whose import takes longer than
reading a small store."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sweeper.errors import TrackingError
from sweeper.messages import first_line, mask_credentials
from sweeper.tracking.connection import PREFLIGHT_TIMEOUT_S
from sweeper.tracking.schema import check_revision
from sweeper.tracking.sqlite_file import open_sqlite
from sweeper.tracking.uri import sqlite_path

Query = Callable[[str, Mapping[str, object]], Iterable[Any]]

_ROWS = 10_000  # that are fetched at once


@contextmanager
def transaction(uri: str) -> Iterator[Query]:
    """Runs statements that see the state of one moment; a call gives the rows. Raises TrackingError
    for a database that cannot be read, or whose schema is not that of the installed MLflow."""
    path = sqlite_path(uri)
    with _through_sqlalchemy(uri) if path is None else _of_file(uri, path) as query:
        yield query


@contextmanager
def _of_file(uri: str, path: Path) -> Iterator[Query]:
    with closing(open_sqlite(uri, path)) as connection:
        connection.isolation_level = None
        connection.execute("BEGIN")
        yield connection.execute
        connection.execute("COMMIT")


@contextmanager
def _through_sqlalchemy(uri: str) -> Iterator[Query]:
    import sqlalchemy

    try:
        engine = sqlalchemy.create_engine(
            uri, connect_args=_connect_args(uri), poolclass=sqlalchemy.NullPool
        )
        quote = engine.dialect.identifier_preparer.quote_identifier
        with engine.connect() as connection:
            connection = connection.execution_options(
                isolation_level="REPEATABLE READ", yield_per=_ROWS
            )

            def query(statement: str, parameters: Mapping[str, object]) -> Iterable[Any]:
                text = sqlalchemy.text(quoted_by(quote, statement))
                return connection.execute(text, dict(parameters))

            [(found,)] = query("SELECT version_num FROM alembic_version", {})
            check_revision(uri, str(found))
            yield query
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
        reason = mask_credentials(first_line(error))
        if isinstance(error, ImportError):
            reason += ". Install it, or name the driver that is there, as in postgresql+psycopg2://"
        raise TrackingError(
            f"MLflow database {mask_credentials(uri)} cannot be read: {reason}"
        ) from None


def quoted_by(quote: Callable[[str], str], statement: str) -> str:
    """A statement with its quoted names in the way of a database, as MySQL's `key`."""
    return re.sub(r'"(\w+)"', lambda name: quote(name[1]), statement)


def _connect_args(uri: str) -> dict[str, int]:
    """A timeout for the drivers of PostgreSQL and MySQL, which have none by default."""
    if "connect_timeout" in uri or not uri.startswith(("postgresql", "mysql")):
        return {}
    return {"connect_timeout": int(PREFLIGHT_TIMEOUT_S)}
