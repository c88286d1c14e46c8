"""`sweeper status`: what a grid asks for, and what an earlier version of it asked for."""

import subprocess
import sys
from dataclasses import replace

from rich.console import Console

from sweeper.grid import load_grid
from sweeper.launching.status import Status, print_status, status_of_grid
from sweeper.planning.settings import default_settings
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic

GRID = """
datasets: dsprites
models: [vae]
axes: {batch_size: 64, learning_rate: 1e-4, iterations: [5e4, 10e4]}
"""


def test_orphans_of_an_edited_grid_are_listed_and_not_counted(new_store, tmp_path):
    uri, path = new_store(), tmp_path / "mine.yaml"
    path.write_text(GRID)
    cells = [
        invented.make_cell("dsprites", "vae", iterations=count)
        for count in (50_000, 100_000, 200_000)
    ]
    text = GRID.replace("10e4]", "10e4, 20e4]")
    synthetic.write_launch(uri, cells, grid="mine", grid_text=text, artifacts=False)
    settings = replace(default_settings(tmp_path), tracking_uri=uri)
    found = status_of_grid(load_grid(path), settings)
    assert found.counts == {"finished": 2} and found.complete
    assert list(found.orphans) == [cells[2]["run_id"]]
    assert found.to_json()["orphans"].keys() == found.orphans.keys()
    console = Console(record=True, width=120, quiet=False)
    print_status(found, console)
    assert cells[2]["run_id"] in console.export_text()


def test_a_folder_without_a_store_has_none(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(GRID)
    assert status_of_grid(load_grid(path), default_settings(tmp_path)).orphans == {}


def test_without_orphans_no_further_runs_are_read(new_store, tmp_path, monkeypatch):
    uri, path = new_store(), tmp_path / "mine.yaml"
    path.write_text(GRID)
    cells = [invented.make_cell("dsprites", "vae", iterations=count) for count in (50_000, 100_000)]
    synthetic.write_launch(uri, cells, grid="mine", grid_text=GRID, artifacts=False)
    monkeypatch.setattr("sweeper.launching.status.stored_runs", None)
    settings = replace(default_settings(tmp_path), tracking_uri=uri)
    assert status_of_grid(load_grid(path), settings).orphans == {}


def test_status_does_not_load_pandas(new_store, tmp_path):
    """It takes longer to load than all the rest, orphans included."""
    uri, path = new_store(), tmp_path / "mine.yaml"
    path.write_text(GRID)
    cells = [invented.make_cell("dsprites", "vae", iterations=count) for count in (50_000, 200_000)]
    text = GRID.replace("10e4]", "20e4]")
    synthetic.write_launch(uri, cells, grid="mine", grid_text=text, artifacts=False)
    program = (
        "import sys; from sweeper.cli.app import app\n"
        f"app(['status', {str(path)!r}, '--tracking-uri', {uri!r}], standalone_mode=False)\n"
        "assert 'pandas' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "no longer in the grid, and not counted: 1 run" in done.stdout


def test_of_many_orphans_the_first_are_printed():
    orphans = {f"run{number:02}": "dsprites vae" for number in range(25)}
    console = Console(record=True, width=120, quiet=False)
    print_status(Status("mine", {"finished": 1}, (), orphans), console)
    text = console.export_text()
    assert "not counted: 25 runs" in text and "and 5 more: --json lists all" in text
    assert "run19" in text and "run20" not in text
