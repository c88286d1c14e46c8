"""Two laboratories' stores, each with some runs of one grid."""

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from sweeper.sharing.merge import MergeReport, merge
from sweeper.sharing.source import open_source
from sweeper.tracking.reading import database
from sweeper.tracking.reading.stored_run import StoredRun
from sweeper.tracking.sqlite_file import open_sqlite
from sweeper.tracking.uri import sqlite_path
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic

CELLS = invented.thesis_cells(
    models=("vae", "l_vae"),
    batch_sizes=(64,),
    learning_rates=(1e-4,),
    iterations=(50_000, 100_000),
)


@pytest.fixture
def store_with(new_store) -> Callable[..., str]:
    """Makes a store in which grid table7_1 asks for every cell, and some of them ended."""

    def make(ran=lambda number: True, **more) -> str:
        uri = new_store()
        ended = {cell["run_id"]: ran(number) for number, cell in enumerate(CELLS)}
        more.setdefault("outcome", lambda cell: ("finished", "") if ended[cell["run_id"]] else None)
        synthetic.write_launch(uri, CELLS, grid="table7_1", **more)
        return uri

    return make


def merged(source: str, uri: str) -> MergeReport:
    with open_source(source, uri) as found:
        return merge(found, uri)


def all_runs(uri: str) -> list[StoredRun]:
    """Every active run of every kind."""
    ids = [e.experiment_id for e in database.read_experiments(uri) if e.active]
    return database.read_runs(uri, ids)


def numbers_of_runs(uri: str) -> Counter[str]:
    return Counter(
        run.tags.get("sweeper.run_id", run.tags["sweeper.kind"]) for run in all_runs(uri)
    )


def rows(uri: str, query: str) -> list[tuple]:
    path = sqlite_path(uri)
    assert path is not None
    with closing(open_sqlite(uri, path)) as connection:
        return sorted(connection.execute(query).fetchall(), key=repr)


def folder_of(uri: str) -> Path:
    path = sqlite_path(uri)
    assert path is not None
    return path.parent
