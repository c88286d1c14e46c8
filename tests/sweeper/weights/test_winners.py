"""Which weights go by `keep_weights: winners`: never those that a grid keeps, or may yet select."""

import json
import socket
from dataclasses import replace

import pytest

from sweeper.analysis.study import read_study
from sweeper.store.folders import open_folder
from sweeper.weights.winners import keeps_winners_only, settle_weights, unneeded_weights
from tests.sweeper.support.invented import thesis_cells
from tests.sweeper.support.synthetic_store import write_launch
from trainers.saving.folders import files_by_number, write_digested

WINNERS = "keep_weights: winners"
BEST = (1e-5, 50_000)


def cells_of(rates=(1e-4, 1e-5), seeds=(0, 1), iterations=(50_000, 100_000), models=("vae",)):
    return thesis_cells(
        models=models, batch_sizes=(64,), learning_rates=rates, iterations=iterations, seeds=seeds
    )


def scored(cell, metrics):
    """The configuration BEST wins on average, though one seed has a higher score elsewhere."""
    is_best = (cell["learning_rate"], cell["iterations"]) == BEST
    by_luck = cell["seed"] == 1 and cell["iterations"] == 100_000
    return metrics | {"measure/cbd": 0.7 if is_best else 0.8 if by_luck else 0.1}


def is_winner(cell):
    return (cell["learning_rate"], cell["iterations"]) == BEST


def where(cells, keep=lambda cell: True):
    found = {}
    for cell in filter(keep, cells):
        found.setdefault(cell["training_id"], set()).add(cell["iterations"])
    return {training: frozenset(iterations) for training, iterations in found.items()}


@pytest.fixture
def uri(new_store):
    return new_store()


@pytest.fixture
def store(tmp_path):
    return str(tmp_path / "sweep_store")


def launch(uri, text=WINNERS, cells=None, grid="g", **given):
    write_launch(
        uri, cells or cells_of(), grid=grid, grid_text=text, change=scored, artifacts=False, **given
    )


def weights(store, cells):
    for cell in cells:
        folder = open_folder(store, cell["training_id"])
        write_digested(folder, f"weights-{cell['iterations']:012d}", ".pt", b"w")


def kept(store, cells):
    found = {cell["training_id"]: open_folder(store, cell["training_id"]) for cell in cells}
    held = {name: frozenset(files_by_number(f, "weights")) for name, f in found.items()}
    return {name: iterations for name, iterations in held.items() if iterations}


def test_the_winner_keeps_the_weights_of_all_its_seeds(uri, store):
    launch(uri)
    left = where(cells_of(), lambda cell: not is_winner(cell))
    assert unneeded_weights(read_study(uri), store) == left
    weights(store, cells_of())
    (line,) = settle_weights(uri, store, {"g"})
    assert "not selected: 6 files removed" in line
    assert kept(store, cells_of()) == where(cells_of(), is_winner)
    assert settle_weights(uri, store, {"g"}) == []


def test_every_dataset_and_model_has_a_winner(uri, store):
    cells = cells_of(models=("vae", "l_vae"))
    launch(uri, cells=cells)
    assert unneeded_weights(read_study(uri), store) == where(
        cells, lambda cell: not is_winner(cell)
    )


@pytest.mark.parametrize("text", ["", "keep_weights: all", "keep_weights: selected"])
def test_weights_that_another_grid_keeps_stay(uri, store, text):
    launch(uri)
    launch(uri, text or "name: other", cells_of(rates=(1e-4,)), grid="other", start=100)
    left = where(cells_of(rates=(1e-5,)), lambda cell: not is_winner(cell))
    assert unneeded_weights(read_study(uri), store) == left


def test_a_winner_of_either_grid_stays_and_a_grid_without_weights_claims_none(uri, store):
    launch(uri)
    launch(uri, WINNERS, cells_of(rates=(1e-4,)), grid="other", start=100)
    launch(uri, "keep_weights: none", cells_of(), grid="third", start=200)

    def stays(cell):  # of rate 1e-4 alone, 100,000 iterations have the higher mean
        of_other = cell["learning_rate"] == 1e-4 and cell["iterations"] == 100_000
        return is_winner(cell) or of_other

    left = where(cells_of(), lambda cell: not stays(cell))
    assert unneeded_weights(read_study(uri), store) == left


def test_only_runs_of_the_grids_named(uri, store):
    launch(uri)
    assert unneeded_weights(read_study(uri), store, {"other"}) == {}
    assert unneeded_weights(read_study(uri), store, {"g", "other"})


def test_without_the_key_nothing_goes(uri, store):
    launch(uri, "keep_weights: selected")
    launch(uri, "keep_weights: none", grid="other", start=100)
    study = read_study(uri)
    assert unneeded_weights(study, store) == {} and not keeps_winners_only(study)


@pytest.mark.parametrize("status", ["failed", "running", None])
def test_a_model_that_is_not_finished_keeps_all(uri, store, status):
    cells = cells_of(models=("vae", "l_vae"))
    unfinished = cells[0]["run_id"]

    def ends(cell):
        return ("finished", "") if cell["run_id"] != unfinished else status and (status, "")

    launch(uri, cells=cells, outcome=ends)
    other = where(cells, lambda cell: cell["label"] == "l_vae" and not is_winner(cell))
    assert unneeded_weights(read_study(uri), store) == other


def test_diverged_runs_do_not_delay_the_selection(uri, store):
    diverges = cells_of()[0]["run_id"]

    def ends(cell):
        return ("diverged" if cell["run_id"] == diverges else "finished", "")

    launch(uri, outcome=ends)
    assert unneeded_weights(read_study(uri), store) == where(
        cells_of(), lambda cell: not is_winner(cell)
    )


def test_without_a_winner_all_stay(uri, store):
    launch(uri, WINNERS + "\nselect: {by: mig_sup}\n", cells_of())
    assert unneeded_weights(read_study(uri), store)
    study = read_study(uri)
    launches = tuple(
        replace(found, grid_text=WINNERS + "\nselect: {by: sap_regression}\n")
        for found in study.launches
    )
    assert unneeded_weights(replace(study, launches=launches), store) == {}


def claim(store, pid):
    about = {"store": store, "host": socket.gethostname(), "pid": pid, "started": -1.0}
    return {"sweeper.claim.1": json.dumps(about)}


@pytest.mark.parametrize(
    "tags", [{}, {"sweeper.claim.1": json.dumps({"store": "elsewhere:/x", "host": "elsewhere"})}]
)
def test_runs_of_a_launch_that_may_still_run_are_never_touched(uri, store, tags):
    launch(uri)
    launch(uri, WINNERS, cells_of(rates=(1e-4,)), grid="other", start=100)
    study = with_running(read_study(uri), "other", tags)
    left = where(cells_of(rates=(1e-5,)), lambda cell: not is_winner(cell))
    assert unneeded_weights(study, store) == left


def test_a_launch_whose_process_is_gone_has_ended(uri, store):
    launch(uri)
    study = with_running(read_study(uri), "g", claim("elsewhere:/x", pid=0))
    assert unneeded_weights(study, store)
    here = claim(f"{socket.gethostname()}:{store}", pid=1)
    assert unneeded_weights(with_running(study, "g", here), store)


def with_running(study, grid, tags):
    def running(found):
        if found.grid != grid:
            return found
        stored = replace(found.stored, state="RUNNING", end_ms=None, tags=found.stored.tags | tags)
        return replace(found, stored=stored)

    return replace(study, launches=tuple(map(running, study.launches)))


def test_the_newest_launch_of_a_grid_that_asks_for_a_run_counts(uri, store):
    launch(uri, "keep_weights: all")
    launch(uri, WINNERS, cells_of(rates=(1e-5,)), start=100)  # the same name: it was edited
    left = where(cells_of(rates=(1e-5,)), lambda cell: not is_winner(cell))
    assert unneeded_weights(read_study(uri), store) == left


def test_a_launch_without_its_plan_may_need_every_run_with_its_name(uri, store):
    launch(uri)
    study = read_study(uri)
    study.runs["grids"] = "g,lost"
    assert unneeded_weights(study, store) == {}


def test_a_grid_that_keeps_weights_which_are_gone_says_so_in_one_line(uri, store):
    launch(uri)
    weights(store, cells_of())
    settle_weights(uri, store, {"g"})
    launch(uri, "keep_weights: all", grid="later", start=100)
    (line,) = settle_weights(uri, store, {"later"})
    assert "the weights of 6 runs that later keeps are gone" in line and "\n" not in line
    assert settle_weights(uri, store, {"g"}) == []


def test_a_new_winner_whose_weights_are_gone_is_named(uri, store):
    launch(uri, cells=cells_of(seeds=(0,)))
    weights(store, [cell for cell in cells_of(seeds=(0,)) if not is_winner(cell)])
    (line,) = settle_weights(uri, store, {"g"})[1:]
    (winner,) = filter(is_winner, cells_of(seeds=(0,)))
    assert "the weights of 1 run that g keeps" in line and winner["run_id"] in line


def test_weights_in_a_checkpoint_are_not_gone(uri, store):
    launch(uri, cells=cells_of(seeds=(0,)))
    (winner,) = filter(is_winner, cells_of(seeds=(0,)))
    folder = open_folder(store, winner["training_id"])
    write_digested(folder, f"checkpoint-{winner['iterations']:012d}", ".pt", b"c")
    assert settle_weights(uri, store, {"g"}) == []


def test_one_milestone_is_enough_for_a_grid_that_keeps_one_of_each_training(uri, store):
    launch(uri)
    launch(uri, "keep_weights: selected", grid="later", start=100)
    weights(store, filter(is_winner, cells_of()))
    (line,) = settle_weights(uri, store, {"later"})
    assert "the weights of 4 runs that later keeps are gone" in line  # of the other two trainings


def test_a_store_that_cannot_be_changed_is_a_line(uri, store, monkeypatch):
    launch(uri)
    weights(store, cells_of())

    def delete(folder, name):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("trainers.saving.folders.LocalFolder.delete", delete)
    (line,) = settle_weights(uri, store, {"g"})
    assert "Read-only file system" in line and "sweeper clean removes them" in line
