"""One reader for SQLite and PostgreSQL: it gives what MLflow's client gives, of one moment."""

import json
from contextlib import closing
from dataclasses import asdict

import pytest
from sqlalchemy.dialects import mssql, mysql, postgresql, sqlite

from benchmarks.reading import copy_rows
from sweeper.errors import TrackingError
from sweeper.tracking.reading import database, reader, server
from sweeper.tracking.reading.reader import read_launches, read_store, stored_runs
from sweeper.tracking.reading.sql import quoted_by, transaction
from sweeper.tracking.reading.whole_run import read_whole
from tests.support.postgres import postgres_server
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic
from tests.sweeper.support.sql import file_of

ADDRESS = "postgresql+psycopg2://"


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        (sqlite, 'SELECT tags."key" FROM tags WHERE value = :value'),
        (postgresql, 'SELECT tags."key" FROM tags WHERE value = :value'),
        (mysql, "SELECT tags.`key` FROM tags WHERE value = :value"),
        (mssql, "SELECT tags.[key] FROM tags WHERE value = :value"),
    ],
)
def test_reserved_names_are_quoted_as_the_database_does(dialect, expected):
    quote = dialect.dialect().identifier_preparer.quote_identifier
    assert quoted_by(quote, 'SELECT tags."key" FROM tags WHERE value = :value') == expected


def test_runs_are_read_in_parts(small_uri, monkeypatch):
    everything = stored_runs(small_uri)
    monkeypatch.setattr(database, "_PART", 3)
    wanted = sorted(everything)[:8]
    assert stored_runs(small_uri, wanted) == {run_id: everything[run_id] for run_id in wanted}


def test_runs_share_the_names_of_what_they_hold(small_uri):
    one, other, *_ = (
        run.tags | run.params | run.metrics for run in stored_runs(small_uri).values()
    )
    assert {*map(id, one)} == {*map(id, other)}


def test_a_store_whose_experiments_are_all_deleted_has_no_runs(small_uri):
    assert database.read_runs(small_uri, []) == []


def test_a_driver_that_is_missing_is_an_error_with_the_remedy():
    with pytest.raises(TrackingError, match=r"No module .*Install it, or name the driver"):
        stored_runs("postgresql+pg8000://host/m")


@pytest.fixture(scope="module")
def postgres():
    with postgres_server() as uri:
        yield uri


@pytest.mark.slow
def test_a_postgresql_database_gives_what_its_sqlite_copy_gives(new_store, postgres, monkeypatch):
    def change(cell, metrics):
        return metrics | {"measure/cbd": float("nan"), "measure/mig": float("inf")}

    uri, there = new_store(), postgres.replace("postgresql://", ADDRESS)
    cells = invented.small_cells()
    synthetic.write_launch(uri, cells[:5], change=change)
    synthetic.write_launch(uri, cells[5:9], grid="other", start=1)
    copy_rows(file_of(uri), there)
    monkeypatch.setattr(database, "_PART", 2)
    experiments = database.read_experiments(uri)
    assert experiments == database.read_experiments(there) == server.read_experiments(there)
    ids = [found.experiment_id for found in experiments]
    expected = texts(database.read_runs(uri, ids))
    assert len(expected) == 11
    assert texts(database.read_runs(there, ids)) == expected == texts(server.read_runs(there, ids))
    assert read_launches(there) == read_launches(uri) != []

    wanted = [cell["run_id"] for cell in cells[2:7]]
    some = reader.RunReader(there).read([*wanted, "not there"])
    assert sorted(some) == sorted(wanted)
    assert texts(some[run] for run in wanted) == texts(stored_runs(uri)[run] for run in wanted)
    ours, theirs = (read_whole(place, some[wanted[0]], "sweeper") for place in (uri, there))
    assert texts([ours]) == texts([theirs]) and ours.points

    import psycopg2

    with closing(psycopg2.connect(postgres)) as connection:
        with transaction(there) as query:
            before = [*query("SELECT run_uuid FROM runs ORDER BY run_uuid", {})]
            with connection, connection.cursor() as cursor:
                cursor.execute("INSERT INTO runs (run_uuid, experiment_id) VALUES ('a', 0)")
            assert [*query("SELECT run_uuid FROM runs ORDER BY run_uuid", {})] == before
        with connection, connection.cursor() as cursor:
            cursor.execute("UPDATE alembic_version SET version_num = '451aebb31d03'")
    with pytest.raises(TrackingError, match="older MLflow .*Back the database up"):
        read_store(there)


def texts(found):
    """NaN is not equal to itself, and values may come in any order."""
    return [json.dumps(asdict(item), sort_keys=True) for item in found]
