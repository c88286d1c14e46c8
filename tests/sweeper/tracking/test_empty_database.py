"""New SQLite stores: created by MLflow once, then copied from the user's cache folder."""

import sqlite3
from contextlib import closing

import pytest

from sweeper.tracking import empty_database
from sweeper.tracking.empty_database import create_database, kept_database

pytestmark = pytest.mark.filterwarnings("ignore")  # from MLflow and its database library


@pytest.fixture
def created(tmp_path, monkeypatch):
    """The paths that MLflow was asked to create."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    asked, real = [], empty_database._create
    monkeypatch.setattr(empty_database, "_create", lambda path: (asked.append(path), real(path)))
    return asked


def dump(path):
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def run_sql(path, text):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(text)


def test_the_second_store_is_a_copy_of_the_first(tmp_path, created):
    first, second = tmp_path / "first.db", tmp_path / "second.db"
    create_database(first)
    create_database(second)
    assert created == [first] and dump(second) == dump(first)
    assert list(kept_database().parent.iterdir()) == [kept_database()]


DAMAGE = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:50_000]),
    "no database": lambda path: path.write_bytes(b"text" * 1000),
    "another schema": lambda path: run_sql(path, "UPDATE alembic_version SET version_num = 'x'"),
    "no revision": lambda path: run_sql(path, "DELETE FROM alembic_version"),
    "a run": lambda path: run_sql(path, "INSERT INTO runs (run_uuid) VALUES ('a')"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_kept_database_that_is_not_an_empty_store_is_replaced(tmp_path, created, damage):
    first, second = tmp_path / "first.db", tmp_path / "second.db"
    create_database(first)
    DAMAGE[damage](kept_database())
    create_database(second)
    assert created == [first, second] and dump(second) == dump(first) == dump(kept_database())


@pytest.mark.parametrize("home", ["a file", "none"])
def test_without_a_cache_folder_mlflow_creates_each(tmp_path, created, monkeypatch, home):
    (tmp_path / "file").touch()
    place = str(tmp_path / "file") if home == "a file" else "~nobody_of_this_name/cache"
    monkeypatch.setenv("XDG_CACHE_HOME", place)
    for name in ("first.db", "second.db"):
        create_database(tmp_path / name)
    assert created == [tmp_path / "first.db", tmp_path / "second.db"]
