"""When a launch of `keep_weights: winners` removes weights: once it has ended, and none before."""

from pathlib import Path

import pytest

from sweeper.grid import load_grid
from sweeper.planning.settings import default_settings
from sweeper.store.folders import open_folder
from sweeper.store.requests import LaunchRequest, write_request
from trainers.saving.folders import write_digested

TEXT = """
datasets: dsprites
models: vae
axes: {batch_size: [4, 8], learning_rate: 1e-3, iterations: 2}
keep_weights: %s
"""


@pytest.fixture
def grids(tmp_path):
    for name in ("winners", "all"):
        (tmp_path / f"{name}.yaml").write_text(TEXT % name)
    return load_grid(tmp_path / "winners.yaml"), load_grid(tmp_path / "all.yaml")


@pytest.fixture
def weights(engine, tmp_path):
    """The engine's trainings write weights, too. Returns what there is of them."""
    train = engine._train

    def train_and_keep(job, *given):
        folder = open_folder(job.store, job.training_id)
        write_digested(folder, "weights-000000000002", ".pt", b"w")
        return train(job, *given)

    engine._train = train_and_keep
    return lambda: list(Path(tmp_path).glob("sweep_store/trainings/*/weights-*"))


def test_they_go_at_the_end_and_the_launch_says_so(launched, grids, weights):
    outcome, text = launched(grids[0])
    assert outcome.exit_code == 0 and len(weights()) == 1
    assert "weights of runs that were not selected: 1 file removed." in text


def test_an_interrupted_launch_removes_none_and_the_next_does(engine, launched, grids, weights):
    engine.milestones = 1
    outcome, text = launched(grids[0])
    assert outcome.num_left == 1 and len(weights()) == 2 and "not selected" not in text
    engine.milestones = 10
    launched(grids[0])
    assert len(weights()) == 1


def test_a_grid_that_was_handed_over_meanwhile_keeps_its_own(launched, grids, weights):
    write_request(default_settings().store, LaunchRequest(grids[1].origin.file, {}))
    outcome, text = launched(grids[0])
    assert "handed over: all: 2 of 2 runs done" in text
    assert len(weights()) == 2 and "not selected" not in text


def test_a_later_grid_that_keeps_all_says_what_is_gone(launched, grids, weights):
    launched(grids[0])
    outcome, text = launched(grids[1])
    assert outcome.exit_code == 0
    assert "the weights of 1 run that all keeps are gone" in text
