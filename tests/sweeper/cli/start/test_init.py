"""`sweeper init`: what it writes is a grid, and what it refuses."""

import pytest
import yaml

from sweeper.cli.start.init import grid_text
from sweeper.grid import load_grid
from tests.sweeper.support.cli_runs import command
from trainers.specs.models import MODELS


@pytest.mark.parametrize("size", ["quick", "day", "thesis"])
def test_the_grid_is_valid_with_every_model(tmp_path, size):
    path = tmp_path / "a.yaml"
    path.write_text(grid_text(path, "dsprites", list(MODELS), size), encoding="utf-8")
    grid = load_grid(path)
    assert [entry.name for entry in grid.models] == list(MODELS)
    assert grid.origin.warnings == ()


def test_options_answer_the_questions(tmp_path):
    done = command(tmp_path, "init", "b.yaml", "--dataset", "mpi3d", "--models", "vae, l_vae")
    assert done.returncode == 0, done.stderr
    found = yaml.safe_load((tmp_path / "b.yaml").read_text())
    assert (found["datasets"], found["models"]) == ("mpi3d", ["vae", "l_vae"])


def test_a_file_of_ones_own_is_named_relative_to_the_grid(tmp_path):
    (tmp_path / "mine.npz").write_bytes(b"")
    done = command(tmp_path, "init", "--dataset", "mine.npz")
    assert done.returncode == 0, done.stderr
    found = yaml.safe_load((tmp_path / "grid.yaml").read_text())
    assert found["datasets"] == {"name": "mine", "path": "mine.npz"}


def test_every_mistake_at_once_and_nothing_is_written(tmp_path):
    done = command(tmp_path, "init", "--dataset", "x", "--models", "vea", "--size", "big")
    assert done.returncode == 2
    assert all(word in done.stderr for word in ("--dataset", 'Did you mean "vae"?', "--size"))
    assert not (tmp_path / "grid.yaml").exists()


def test_a_file_that_exists_is_kept(tmp_path):
    (tmp_path / "grid.yaml").write_text("mine")
    assert command(tmp_path, "init").returncode == 2
    assert (tmp_path / "grid.yaml").read_text() == "mine"
    assert command(tmp_path, "init", "--force").returncode == 0
