"""Addresses from paths and paths from addresses, whatever the names of the folders are."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow.utils.file_utils import local_file_uri_to_path
from sqlalchemy.engine import make_url

from sweeper.tracking.uri import (
    artifact_path,
    artifact_uri,
    relative_sqlite_uri,
    sqlite_path,
    sqlite_uri,
)

ODD = ["pct%20dir", "q?dir", "a#b", "a b", "a&b;c=d", "\u00e9t\u00e9", "%", "100%25", "x" * 200]
names = st.one_of(
    st.sampled_from(ODD),
    st.text("ab%?#&;= +:@'\"\\\u00e9\u4e2d~", min_size=1, max_size=40),
)


@given(st.lists(names, min_size=1, max_size=3))
@settings(deadline=None)
def test_the_libraries_read_back_the_path_of_an_address(parts):
    path = Path("/work", *parts, "mlflow.db")
    assert sqlite_path(sqlite_uri(path)) == path
    assert Path(make_url(sqlite_uri(path)).database) == path
    assert artifact_path(artifact_uri(path.parent)) == path.parent
    assert Path(local_file_uri_to_path(artifact_uri(path.parent))) == path.parent


@given(names)
def test_a_relative_address_names_the_file_in_its_folder(name):
    assert sqlite_path(relative_sqlite_uri(Path("/work", name))) == Path(name)


@pytest.mark.parametrize("name", ODD)
def test_the_database_lies_in_its_folder(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    with sqlite3.connect(sqlite_path(sqlite_uri(folder / "mlflow.db"))) as connection:
        connection.execute("CREATE TABLE t (x)")
    assert [path.name for path in tmp_path.rglob("*.db")] == ["mlflow.db"]
    assert (folder / "mlflow.db").is_file()


def test_plain_addresses_stay_as_they_were():
    assert sqlite_uri(Path("/sweep/mlflow.db")) == "sqlite:////sweep/mlflow.db"
    assert sqlite_path("sqlite:///mlflow.db") == Path("mlflow.db")
    assert sqlite_path("sqlite:////sweep/mlflow.db?timeout=5") == Path("/sweep/mlflow.db")
    assert artifact_path("/sweep/mlartifacts") == Path("/sweep/mlartifacts")
    assert artifact_path("s3://bucket/mlartifacts") is None
