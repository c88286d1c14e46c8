"""The example that the README points to runs as it stands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_example_runs_in_an_empty_folder(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "quickstart.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0"},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    assert "| dSprites | VAE |" in done.stdout and "L-VAE" in done.stdout
    assert "'figure_6_1.png', 'figure_6_1.svg', 'figure_6_1.csv'" in done.stdout
    assert (tmp_path / "figures" / "figure_6_1.csv").stat().st_size > 0


def test_its_cells_are_marked_for_notebooks():
    text = (ROOT / "examples" / "quickstart.py").read_text(encoding="utf-8")
    assert text.startswith("# %% [markdown]\n") and text.count("\n# %%\n") >= 5


def test_public_names_are_functions_whatever_was_imported_before():
    code = (
        "import sweeper.planning.plan, sweeper.reports.grid_report, sweeper.launching.launch\n"
        "import sweeper.search.plan, sweeper.tables.table\n"
        "import sweeper\n"
        "from sweeper import Grid, plan, report\n"
        "names = [name for name in sweeper.__all__ if name != '__version__']\n"
        "assert all(callable(getattr(sweeper, name)) for name in names), names\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
