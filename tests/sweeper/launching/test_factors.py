"""A launch with `factors`: killed and resumed to the same bits, and its own rows in tables."""

import csv

import pytest

from tests.sweeper.support.cli_runs import command, launch, launch_killed_once, metric_table

GRID = """
datasets: dsprites
models: vae
axes: {batch_size: 16, learning_rate: 1e-3, iterations: [10, 20], network: cnn}
evaluation: {num_points: 100, measures: [cbd, cbd_compactness, cbd_modularity]}
factors: [all, {correlate: [[shape, posX, 0.2]], without: [{shape: 0, orientation: [20, 39]}]}]
"""

# Slices of one block of steps; the process kills itself after a checkpoint inside the second
# training, whose images are drawn by `factors`.
KILLED = """
import os, signal
from trainers.running import eager
from trainers.training import Training
eager.BLOCK_STEPS = 2
advance = Training.advance
def short(self, seconds=2.0):
    found = advance(self, 0.0)
    if self.config.factors and self.iteration >= 14:
        assert self.iteration < 20, "between two milestones"
        self.save()
        os.kill(os.getpid(), signal.SIGKILL)
    return found
Training.advance = short
"""


@pytest.fixture(scope="module")
def launched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("factors")
    launch(folder, GRID)
    return folder


@pytest.mark.slow
def test_a_killed_launch_is_resumed_to_the_same_bits(launched, tmp_path, empty_database):
    launch_killed_once(tmp_path, GRID, KILLED, empty_database)
    table = metric_table(tmp_path)
    assert len(table) == 4 and table == metric_table(launched)


def test_a_table_has_a_row_for_each_distribution(launched):
    done = command(launched, "table", "tiny", "--format", "csv")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert [row["dataset"] for row in rows] == [
        "dsprites",
        "dsprites (posX~shape 0.2, without orientation 20-39 x shape 0)",
    ], done.stderr


def test_a_second_launch_trains_nothing(launched):
    done = command(launched, "launch", "tiny.yaml", "--engine", "local")
    assert done.returncode == 0 and "4 runs are already finished" in done.stdout


def test_one_distribution_alone_is_compared(launched, tmp_path):
    """Its results were not attached to the launch: the name of its dataset has spaces."""
    done = launch(tmp_path, GRID.replace("[all, ", "[") + "select: {min_active: 0}\n")
    assert "Traceback" not in done.stderr + done.stdout
    assert "Models over 1 dataset " in command(tmp_path, "compare", "tiny").stdout
    assert list(tmp_path.glob("mlartifacts/*/*/artifacts/report.html"))
