"""A launch with `fused`: continued to the same bits after a kill; its runs differ from those of the
same grid without it."""

import shutil

import pytest

from sweeper.analysis.study import read_study
from tests.sweeper.support.cli_runs import launch, launch_killed_once, metric_table

GRID = """
datasets: dsprites
models: [vae, {beta_vae: {beta: [2, 8]}}]
axes: {batch_size: 16, learning_rate: 1e-3, iterations: [10, 20], network: cnn}
seeds: 2
evaluation: {num_points: 100, measures: [cbd, cbd_compactness, cbd_modularity]}
"""
FUSED = GRID + "fused: 4\n"

# Slices of one block of steps; the process kills itself between two checkpoints of a program.
KILLED = """
import os, signal
from trainers import fused
from trainers.fused import FusedTrainings
fused.BLOCK_STEPS = 2
advance = FusedTrainings.advance
def short(self, seconds=2.0):
    found = advance(self, 0.0)
    if len(self.trainings) == 4 and self.iteration >= 14:
        self.save()
        advance(self, 0.0)
        self.trainings[0].save()
        os.kill(os.getpid(), signal.SIGKILL)
    return found
FusedTrainings.advance = short
"""


@pytest.fixture(scope="module")
def launched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fused")
    assert "12 of 12 runs done" in launch(folder, FUSED).stdout
    return folder


@pytest.mark.slow
def test_a_killed_launch_is_resumed_to_the_same_bits(launched, tmp_path, empty_database):
    launch_killed_once(tmp_path, FUSED, KILLED, empty_database)
    assert metric_table(tmp_path) == metric_table(launched)


@pytest.mark.slow
def test_the_same_grid_without_fused_is_trained_beside_it(launched, tmp_path):
    """Other runs, in rows of their own; their numbers are the same up to rounding."""
    folder = shutil.copytree(launched, tmp_path / "both")
    launch(folder, GRID)
    runs = read_study(f"sqlite:///{folder / 'mlflow.db'}").runs
    assert runs.groupby("precision").size().to_dict() == {"fp32": 12, "fp32, fused": 12}
    keys = ["model", "param/beta", "iterations", "seed"]
    fused, plain = (
        part.sort_values(keys)["valid/recon"].to_numpy() for _, part in runs.groupby("precision")
    )
    assert fused == pytest.approx(plain, rel=1e-2)


def test_the_launched_runs_say_that_they_were_fused(launched):
    runs = read_study(f"sqlite:///{launched / 'mlflow.db'}").runs
    assert set(runs.precision) == {"fp32, fused"} and len(runs) == 12
