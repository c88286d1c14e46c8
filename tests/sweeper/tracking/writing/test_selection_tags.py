"""The tag of selected runs."""

import sqlite3
from contextlib import closing

import pytest

from sweeper.errors import TrackingError
from sweeper.tracking.reading.reader import read_store
from sweeper.tracking.uri import sqlite_path
from sweeper.tracking.writing.selection_tags import tag_selected
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic


def test_selected_runs_are_tagged_once_and_the_tag_moves(new_store):
    uri, cells = new_store(), invented.small_cells()[:2]
    synthetic.write_launch(uri, cells, artifacts=False)
    one, two = (cell["run_id"] for cell in cells)

    def marks():
        runs = read_store(uri).runs
        return {run.tags["sweeper.run_id"]: run.tags.get("sweeper.selected_by") for run in runs}

    assert tag_selected([one], "cbd", uri) == 1
    assert tag_selected([one], "mig", uri) == 1
    assert tag_selected([one], "mig", uri) == 0
    assert marks() == {one: "cbd,mig", two: None}
    assert tag_selected([two], "cbd", uri) == 2
    assert marks() == {one: "mig", two: "cbd"}
    with pytest.raises(TrackingError, match="no run nowhere"):
        tag_selected(["nowhere"], "cbd", uri)


def test_a_store_that_cannot_be_written_is_one_line_and_needed_only_for_a_change(
    new_store, monkeypatch
):
    monkeypatch.setattr("sweeper.tracking.sqlite_file.BUSY_TIMEOUT_S", 0.1)
    uri, cells = new_store(), invented.small_cells()[:2]
    synthetic.write_launch(uri, cells, artifacts=False)
    one, two = (cell["run_id"] for cell in cells)
    tag_selected([one], "cbd", uri)
    with closing(sqlite3.connect(sqlite_path(uri), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # others may read meanwhile
        assert tag_selected([one], "cbd", uri) == 0
        with pytest.raises(TrackingError, match="locked by another program") as caught:
            tag_selected([two], "cbd", uri)
    assert "\n" not in str(caught.value)
