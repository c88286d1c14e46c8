"""Merging stores: every run once, with all that belongs to it, whatever happens on the way."""

import shutil
from collections import Counter

import pytest

from sweeper.analysis.study import read_study
from sweeper.errors import TrackingError, UsageError
from sweeper.sharing.source import open_source
from sweeper.tables import table
from sweeper.tables.render import render
from sweeper.tracking.reading.whole_run import read_whole
from sweeper.tracking.writing import run_copy
from tests.sweeper.sharing.conftest import (
    CELLS,
    all_runs,
    folder_of,
    merged,
    numbers_of_runs,
    rows,
)

ONE_EACH = Counter([*(cell["run_id"] for cell in CELLS), "launch"])


def first_half(number):
    return number < len(CELLS) // 2


def second_half(number):
    return not first_half(number)


def test_two_halves_make_the_table_of_the_whole(store_with):
    ours, theirs, whole = store_with(first_half), store_with(second_half), store_with()
    found = merged(str(folder_of(theirs)), ours)
    assert found.to_json()["copied"] == len(CELLS) // 2
    assert numbers_of_runs(ours) == ONE_EACH
    for form in ("md", "csv"):
        tables = [render(table("table7_1", uri, grid="table7_1"), form) for uri in (ours, whole)]
        assert tables[0] == tables[1]


def test_repeating_it_changes_nothing(store_with):
    ours, theirs = store_with(first_half), store_with(second_half)
    merged(theirs, ours)
    before = rows(ours, "SELECT * FROM runs"), rows(ours, "SELECT * FROM tags")
    for _ in range(2):
        found = merged(theirs, ours)
        assert (found.to_json()["copied"], found.launches) == (0, 0)
    assert (rows(ours, "SELECT * FROM runs"), rows(ours, "SELECT * FROM tags")) == before


def test_runs_that_came_by_another_way_are_not_doubled(store_with):
    """A to B, B to C, A to C."""
    a, b, c = store_with(), store_with(first_half), store_with(lambda number: False)
    merged(a, b), merged(b, c), merged(a, c)
    assert numbers_of_runs(c) == ONE_EACH


def test_an_empty_store_is_filled(store_with, tmp_path):
    theirs = store_with()
    ours = f"sqlite:///{tmp_path / 'new' / 'mlflow.db'}"
    merged(theirs, ours)
    assert numbers_of_runs(ours) == ONE_EACH
    parents = {run.tags.get("mlflow.parentRunId") for run in all_runs(ours)} - {None}
    [launch] = [run for run in all_runs(ours) if run.tags["sweeper.kind"] == "launch"]
    assert parents == {launch.mlflow_run_id}


def test_the_other_store_is_not_changed_even_where_it_was_moved(store_with, tmp_path):
    theirs = store_with()
    moved = tmp_path / "moved"
    shutil.move(folder_of(theirs), moved)
    before = (moved / "mlflow.db").read_bytes()
    ours = store_with(first_half)
    merged(str(moved), ours)
    assert (moved / "mlflow.db").read_bytes() == before
    assert numbers_of_runs(ours) == ONE_EACH
    shutil.rmtree(moved)
    study = read_study(ours)
    assert all(len(study.latents(cell["run_id"]).mu_NL) for cell in CELLS)


@pytest.mark.parametrize("method", ["_create", "_check_artifacts", "_log_values"])
@pytest.mark.parametrize("call", [1, 2])
def test_an_interrupted_merge_is_continued(store_with, monkeypatch, method, call):
    ours, theirs = store_with(first_half), store_with(second_half)
    calls = []
    wrapped = getattr(run_copy.RunCopier, method)

    def interrupt(self, *arguments):
        calls.append(1)
        result = wrapped(self, *arguments)
        if len(calls) == call:
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(run_copy.RunCopier, method, interrupt)
    with pytest.raises(KeyboardInterrupt):
        merged(theirs, ours)
    monkeypatch.undo()
    merged(theirs, ours)
    assert numbers_of_runs(ours) == ONE_EACH
    assert {run.state for run in all_runs(ours)} == {"FINISHED"}
    assert not rows(ours, "SELECT run_uuid FROM tags WHERE key = 'sweeper.copying' AND run_uuid IN "
                    "(SELECT run_uuid FROM runs WHERE lifecycle_stage = 'active')")  # fmt: skip
    assert read_study(ours).runs.status.eq("finished").all()


def test_other_numbers_are_listed_and_kept_apart(store_with):
    odd = CELLS[0]["run_id"]

    def change(cell, metrics):
        return metrics | {"measure/cbd": 0.99} if cell["run_id"] == odd else metrics

    ours, theirs, alone = store_with(), store_with(change=change), store_with()
    for _ in range(2):
        found = merged(theirs, ours)
        assert list(found.conflicts) == [odd]
        assert found.conflicts[odd][0].endswith("0.99 there")
    assert render(table("table7_1", ours), "csv") == render(table("table7_1", alone), "csv")
    apart = [run for run in all_runs(ours) if run.tags["sweeper.kind"] == "conflict"]
    assert [run.metrics["measure/cbd"] for run in apart] == [0.99]
    [kept] = [r for r in read_study(ours).stored.values() if r.tags["sweeper.run_id"] == odd]
    assert apart[0].tags["sweeper.conflicts_with"] == kept.mlflow_run_id


def test_a_finished_run_replaces_a_failed_one(store_with):
    ours = store_with(outcome=lambda cell: ("failed", "out of memory"))
    merged(store_with(), ours)
    assert numbers_of_runs(ours) == ONE_EACH
    assert read_study(ours).runs.status.eq("finished").all()


def test_a_run_that_is_written_now_is_left_to_the_next_merge(store_with):
    ours = store_with(first_half)
    theirs = store_with(outcome=lambda cell: ("running", ""))
    found = merged(theirs, ours)
    assert found.to_json()["unfinished"] == len(CELLS)
    assert numbers_of_runs(ours).total() == len(CELLS) // 2 + 1


def test_a_damaged_artifact_is_reported_and_its_run_left_out(store_with):
    ours, theirs = store_with(lambda number: False), store_with()
    victim = read_study(theirs).stored[CELLS[1]["run_id"]]
    path = folder_of(theirs) / "mlartifacts/1" / victim.mlflow_run_id / "artifacts/latents.h5"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    found = merged(theirs, ours)
    assert list(found.damaged) == [CELLS[1]["run_id"]]
    assert CELLS[1]["run_id"] not in numbers_of_runs(ours)
    path.write_bytes(content)
    assert not merged(theirs, ours).damaged
    assert numbers_of_runs(ours) == ONE_EACH


def test_a_store_that_keeps_other_bytes_is_an_error(store_with, monkeypatch):
    ours, theirs = store_with(first_half), store_with(second_half)
    copy = run_copy.copy_artifacts

    def lossy(uri, run, folder):
        copy(uri, run, folder)
        (folder / "latents.h5").write_bytes(b"")

    monkeypatch.setattr(run_copy, "copy_artifacts", lossy)
    with pytest.raises(TrackingError, match="differ from those that were written"):
        merged(theirs, ours)
    monkeypatch.undo()
    merged(theirs, ours)
    assert numbers_of_runs(ours) == ONE_EACH


def test_everything_of_a_trained_run_is_copied(trained, tmp_path):
    ours = f"sqlite:///{tmp_path / 'mlflow.db'}"
    merged(trained.uri, ours)
    for before, after in zip(_whole(trained.uri), _whole(ours), strict=True):
        assert before.points == after.points
        assert before.stored.params == after.stored.params
        assert before.stored.start_ms == after.stored.start_ms
        assert before.stored.end_ms == after.stored.end_ms
        own = {"sweeper.merged_from", "mlflow.note.content", "mlflow.parentRunId"}
        tags = [{k: v for k, v in r.stored.tags.items() if k not in own} for r in (before, after)]
        assert tags[0] == tags[1]
        assert after.stored.mlflow_run_id in after.stored.tags["mlflow.note.content"]
        digests = [run_copy.digests(_artifacts(r.stored)) for r in (before, after)]
        assert digests[0] == digests[1] and "latents.h5" in digests[0]
    inputs = "SELECT name, digest, dataset_source, dataset_profile FROM datasets"
    assert rows(ours, inputs) == rows(trained.uri, inputs)
    assert len(rows(ours, "SELECT * FROM inputs")) == len(rows(trained.uri, "SELECT * FROM inputs"))


def test_scores_that_are_missing_here_are_added(trained, tmp_path):
    ours = f"sqlite:///{tmp_path / 'mlflow.db'}"
    merged(trained.uri, ours)
    theirs = trained.copied(tmp_path / "theirs")
    run_id, stored = next(iter(read_study(theirs.uri).stored.items()))
    copier = run_copy.RunCopier(theirs.uri, theirs.folder, "0.1.0")
    iterations = int(stored.params["iterations"])
    copier.writer("sweeper").add_scores(stored.mlflow_run_id, {"measure/mig": 0.25}, iterations)
    assert merged(theirs.uri, ours).to_json()["scores_added"] == 1
    assert merged(theirs.uri, ours).to_json()["scores_added"] == 0
    row = read_study(ours).runs.set_index("run_id").loc[run_id]
    assert row["measure/mig"] == 0.25
    assert "mig" in read_study(ours).stored[run_id].tags["sweeper.measures"].split(",")


def test_scores_that_are_not_finite_stay_so(store_with):
    theirs = store_with(change=lambda cell, m: m | {"measure/mig": float("nan"),
                                                    "measure/irs": float("inf")})  # fmt: skip
    ours = store_with(lambda number: False)
    merged(theirs, ours)
    query = "SELECT key, value, is_nan FROM metrics WHERE key IN ('measure/mig', 'measure/irs')"
    assert rows(ours, query) == rows(theirs, query)


def test_a_grid_of_the_same_name_and_other_content_is_reported(store_with, new_store):
    from tests.sweeper.support import synthetic_store as synthetic

    ours, theirs = store_with(), new_store()
    synthetic.write_launch(theirs, CELLS[:2], grid="table7_1")
    assert merged(theirs, ours).other_content == ("table7_1",)


def test_the_store_itself_and_what_does_not_exist_are_refused(store_with, tmp_path):
    ours = store_with()
    with pytest.raises(UsageError, match="is the store itself"):
        merged(str(folder_of(ours)), ours)
    with pytest.raises(UsageError, match="does not exist"), open_source(str(tmp_path / "x"), ours):
        pass


def _whole(uri):
    runs = read_study(uri).stored
    return [read_whole(uri, runs[run_id], "sweeper") for run_id in sorted(runs)]


def _artifacts(run):
    from sweeper.tracking.uri import artifact_path

    return artifact_path(run.artifact_uri)


@pytest.mark.slow
def test_a_tracking_server_is_a_source_and_a_target(store_with, tmp_path):
    from tests.sweeper.support.mlflow_server import serving

    theirs, empty, ours = store_with(), store_with(lambda number: False), store_with(first_half)
    with serving(theirs) as address:
        assert merged(address, ours).to_json()["copied"] == len(CELLS) // 2
    assert numbers_of_runs(ours) == ONE_EACH
    with serving(empty) as address:
        for copied in (len(CELLS), 0):
            assert merged(ours, address).to_json()["copied"] == copied
    assert numbers_of_runs(empty) == ONE_EACH
    query = "SELECT key, value, step, is_nan, timestamp FROM metrics"
    assert rows(empty, query) == rows(theirs, query)
