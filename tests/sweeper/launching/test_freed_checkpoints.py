"""When a launch removes the checkpoints of trainings that were finished before it."""

from pathlib import Path

import pytest

from sweeper.grid import Grid
from sweeper.store.folders import open_folder
from sweeper.tracking.writing.run_search import RunSearch
from trainers.saving.folders import write_digested


@pytest.fixture
def grid():
    return Grid(
        datasets="dsprites",
        models="vae",
        axes={"batch_size": [4, 8], "learning_rate": 1e-3, "iterations": 2},
        resources={"keep_checkpoints": "none"},
        name="small",
    )


@pytest.fixture
def checkpoints(tmp_path):
    return lambda: list(Path(tmp_path).glob("sweep_store/trainings/*/checkpoint-*"))


def write_checkpoint(tmp_path, training_id):
    folder = open_folder(str(tmp_path / "sweep_store"), training_id)
    write_digested(folder, "checkpoint-000000000002", ".pt", b"c")


def test_what_the_launch_found_in_mlflow_is_not_searched_again(
    launched, engine, grid, checkpoints, tmp_path, monkeypatch
):
    launched(grid)
    for training_id in engine.trained:  # as if the first launch had been killed before it freed
        write_checkpoint(tmp_path, training_id)
    searched = []
    monkeypatch.setattr(RunSearch, "find", lambda self, run_id: searched.append(run_id))
    outcome, _ = launched(grid)
    assert outcome.exit_code == 0 and searched == [] and checkpoints() == []


def test_a_run_that_mlflow_lacks_keeps_its_checkpoint(
    launched, engine, grid, checkpoints, tmp_path, monkeypatch
):
    train = engine._train

    def train_and_save(job, *given):
        write_checkpoint(tmp_path, job.training_id)
        return train(job, *given)

    engine._train = train_and_save
    with monkeypatch.context() as patch:
        patch.setattr("sweeper.publishing.run_publisher.publish_record", lambda *a, **k: None)
        launched(grid)
    assert len(checkpoints()) == 2
    launched(grid)
    assert checkpoints() == []
