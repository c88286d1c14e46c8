"""A model and a network of a user's own, from the plan to the table and the exported folder."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.sweeper.support.cli_runs import ROOT, command
from trainers.own_code.registry import unload_all

EXAMPLES = Path(ROOT, "examples")
GRID = """
use: [./own_loss.py, ./own_network.py]
datasets: dsprites
models: [vae, {gain_vae: {target: 5}}]
axes: {network: cnn, batch_size: 4, learning_rate: 1e-3, iterations: 2}
include: [{model: vae, network: narrow}]
evaluation: {measures: [cbd], num_points: 20}
select: {min_active: 0}
keep_weights: all
"""


def write(folder: Path) -> None:
    for name in ("own_loss.py", "own_network.py"):
        shutil.copy(EXAMPLES / name, folder)


def run(folder, *arguments):
    """A command as in a new process, which has loaded no own code: its output."""
    unload_all()
    done = command(folder, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def launched(tmp_path_factory):
    """A folder with three trainings."""
    folder = tmp_path_factory.mktemp("own")
    write(folder)
    (folder / "grid.yaml").write_text(GRID)
    assert "reused     0 runs" in run(folder, "plan", "grid.yaml")
    assert "3 of 3 runs done" in run(folder, "launch", "grid.yaml", "--engine", "local")
    return folder


@pytest.fixture(autouse=True)
def files(launched):
    write(launched)


def test_it_stands_in_a_table_beside_built_in_models(launched):
    page = run(launched, "table", "grid.yaml")
    assert "VAE" in page and "gain-VAE" in page


def test_a_comment_retrains_nothing(launched):
    file = launched / "own_loss.py"
    file.write_text(file.read_text().replace("    def loss", "    # a comment\n\n    def loss"))
    assert "to run     0 steps" in run(launched, "plan", "grid.yaml")


def test_a_changed_constant_retrains_its_own_runs_and_why_says_so(launched):
    file = launched / "own_loss.py"
    file.write_text(file.read_text().replace("minimum=-5.0", "minimum=-6.0"))
    out = run(launched, "plan", "grid.yaml", "--why")
    assert "reused     2 runs" in out
    (reason,) = [line for line in out.splitlines() if "changed" in line]
    assert reason.startswith("  1 training: ./own_loss.py has changed: its model gain_vae has the")


RUNS = """
SELECT t.value FROM tags t JOIN params m ON m.run_uuid = t.run_uuid AND m.key = 'model'
JOIN params n ON n.run_uuid = t.run_uuid AND n.key = 'network'
WHERE t.key = 'sweeper.run_id' AND m.value = ? AND n.value = ?
"""


def exported(folder, model, network, out, *options):
    with sqlite3.connect(folder / "mlflow.db") as connection:
        (run_id,) = connection.execute(RUNS, (model, network)).fetchone()
    unload_all()
    return command(folder, "export", run_id, "--out", out, *options)


LOAD = """
import sys
sys.modules.update(dict.fromkeys(["sweeper", "trainers", "mlflow"]))  # cannot be imported
import numpy as np
from load import load
mu, logvar = load().encode(np.load(sys.argv[1]))
np.savez(sys.argv[2], mu=mu, logvar=logvar)
"""


def test_an_export_loads_without_this_project_and_without_the_file(launched, tmp_path):
    from trainers.datasets import open_dataset

    done = exported(launched, "gain_vae", "cnn", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    latents = np.load(tmp_path / "out" / "latents.npz")
    np.save(tmp_path / "x.npy", open_dataset("dsprites").images(latents["indices"]))
    line = [sys.executable, "-c", LOAD, tmp_path / "x.npy", tmp_path / "y.npz"]
    ended = subprocess.run(line, cwd=tmp_path / "out", capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert np.load(tmp_path / "y.npz")["mu"] == pytest.approx(latents["mu"], abs=1e-5)


@pytest.mark.parametrize(
    "change, options, said",
    [
        ("", ["--use", "own_network.py"], "it has a layer Gated; known: Conv2d"),
        ("", [], "network narrow is not built in: name its file with --use"),
        ("WIDTH = 64", ["--use", "own_network.py"], "own_network.py has changed: its network"),
    ],
)
def test_an_own_network_is_exported_with_a_line(launched, tmp_path, change, options, said):
    file = launched / "own_network.py"
    file.write_text(file.read_text().replace("WIDTH = 128", change or "WIDTH = 128"))
    done = exported(launched, "vae", "narrow", str(tmp_path / "out"), *options)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert line.startswith(f"load.py cannot build network narrow: {said}")
    assert (tmp_path / "out" / "weights.safetensors").exists()
