"""Shell completion: the words, and the protocol of bash."""

import os
import shutil
import subprocess
import sys

from sweeper.cli.start import completion
from tests.sweeper.support.cli_runs import MAIN, ROOT


def complete(folder, line):
    """What bash is offered for a command line whose last word is incomplete."""
    words = line.split(" ")
    environment = {
        "PYTHONPATH": str(ROOT),
        "_SWEEPER_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.argv[0] = 'sweeper'; {MAIN}"],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    return done.stdout.split()


def test_grids_of_the_folder(tmp_path):
    shutil.copy(ROOT / "grids" / "quickstart.yaml", tmp_path)
    (tmp_path / "other.yaml").write_text("a: 1\n")
    assert complete(tmp_path, "sweeper plan ") == ["quickstart.yaml"]


def test_tables_and_figures(tmp_path):
    assert "7.1" in complete(tmp_path, "sweeper table 7")
    assert "best_of_n" in complete(tmp_path, "sweeper figure b")


def test_measures_after_a_comma():
    assert "cbd,mig" in completion.measure_names("cbd,mi")
    assert completion.measure_names("cbd,mi")[0].startswith("cbd,")


def test_models_datasets_and_shipped_files():
    assert completion.model_names("l_") == ["l_vae"]
    assert set(completion.dataset_names("mpi")) >= {"mpi3d", "mpi3d_toy"}
    assert completion.shipped_names("quick") == ["quickstart.yaml", "quickstart.py"]
