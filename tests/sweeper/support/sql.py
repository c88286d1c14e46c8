"""SQL on the file of an MLflow store."""

import sqlite3
from pathlib import Path


def file_of(uri):
    return Path(uri.removeprefix("sqlite:///"))


def sql(uri, text, *values):
    """Runs one statement and commits it; its rows."""
    connection = sqlite3.connect(file_of(uri))
    with connection:
        rows = connection.execute(text, values).fetchall()
    connection.close()
    return rows
