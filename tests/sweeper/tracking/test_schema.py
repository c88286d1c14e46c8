"""Stores of other versions of MLflow are named and never migrated."""

import hashlib

import pytest

from sweeper.errors import TrackingError
from sweeper.tracking.reading.reader import read_store
from sweeper.tracking.schema import schema_revisions
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic
from tests.sweeper.support.sql import file_of, sql


@pytest.mark.parametrize(
    ("revision", "message"),
    [
        ("0584bdc529eb", "older MLflow .*mlflow db upgrade sqlite:"),
        ("ffffffffffff", "newer MLflow"),
    ],
)
def test_a_store_of_another_version_is_named_and_never_migrated(new_store, revision, message):
    uri = new_store()
    synthetic.write_launch(uri, invented.small_cells()[:1], artifacts=False)
    sql(uri, "UPDATE alembic_version SET version_num = ?", revision)
    before = hashlib.sha256(file_of(uri).read_bytes()).hexdigest()
    with pytest.raises(TrackingError, match=message) as caught:
        read_store(uri)
    known, head = schema_revisions()
    assert revision in str(caught.value) and head in str(caught.value) and head in known
    assert hashlib.sha256(file_of(uri).read_bytes()).hexdigest() == before


def test_the_head_revision_is_that_of_a_database_mlflow_just_made(empty_database):
    made = sql(f"sqlite:///{empty_database}", "SELECT version_num FROM alembic_version")
    assert made == [(schema_revisions()[1],)]
