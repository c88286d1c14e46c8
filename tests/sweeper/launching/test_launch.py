"""Launches of a grid on an engine that trains nothing: counts, retries, reads and writes."""

import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from sweeper.errors import TrackingError, UsageError
from sweeper.grid import Grid, load_grid
from sweeper.launching.launch import launch
from sweeper.planning.settings import default_settings
from sweeper.tracking.reading import reader

GRID = {
    "name": "g",
    "datasets": "dsprites",
    "models": ["vae", "l_vae"],
    "axes": {"iterations": [10, 20], "learning_rate": 1e-3},
    "evaluation": {"measures": ["cbd"]},
}


@pytest.fixture
def grid(tmp_path) -> Grid:
    return write(tmp_path)


def write(folder: Path, **changes) -> Grid:
    path = folder / "g.yaml"
    path.write_text(yaml.safe_dump(GRID | changes))
    return load_grid(path)


def test_the_folder_that_ray_leaves_is_recorded(grid, engine, launched, tmp_path) -> None:
    engine.session_folder = "/tmp/ray/session_2026-01-02_03-04-05_678901_23"
    launched(grid)
    records = tmp_path / "sweep_store" / "ray_sessions"
    assert [path.name for path in records.iterdir()] == [f"{Path(engine.session_folder).name}.json"]
    engine.session_folder = "/tmp/ray/session_2026-01-02_03-04-05_678901_24"
    launched(grid)  # nothing is left to train: no Ray
    assert len(list(records.iterdir())) == 1


def test_the_store_is_read_once_at_the_end(grid, launched, monkeypatch) -> None:
    """For the results attached to the launch and for the table that is printed."""
    reads, read = [], reader.read_store
    monkeypatch.setattr(reader, "read_store", lambda *a, **k: reads.append(1) or read(*a, **k))
    outcome, printed = launched(grid)
    assert outcome.exit_code == 0 and "Grid g" in printed
    assert len(reads) == 1


def test_a_launch_leaves_its_settings_as_they_were(grid, launched, engine) -> None:
    settings = default_settings()
    before = replace(settings)
    launch(grid, settings)
    assert settings == before and engine.trained


def test_runs_that_diverged_are_counted_with_their_reason_in_every_launch(
    grid, launched, engine
) -> None:
    engine.diverges = {"vae", "l_vae"}
    for _ in range(2):
        outcome, printed = launched(grid)
        assert outcome.exit_code == 1
        assert "0 of 4 runs done, 4 diverged." in printed
        assert printed.count("recon was not finite at step 5 (see ") == 4
        assert "To train the diverged runs again: sweeper launch s.yaml --retry diverged" in printed
        assert "To resume" not in printed, "nothing is left that a plain launch would train"
    assert len(engine.trained) == 2, "the second launch trains nothing"


def test_what_diverged_is_trained_again_on_request(grid, launched, engine, runs) -> None:
    engine.diverges = {"l_vae"}
    launched(grid)
    engine.diverges = set()
    first = list(engine.trained)
    launched(grid)
    launched(grid, retry="failed")
    assert engine.trained == first
    outcome, printed = launched(grid, retry="diverged")
    assert outcome.exit_code == 0 and "4 of 4 runs done." in printed
    assert len(engine.trained) == len(first) + 1
    assert [state for _, state in runs()] == ["FINISHED"] * 4
    assert len({run for run, _ in runs()}) == 4


def test_a_retry_that_diverges_again_is_known_again(grid, launched, engine) -> None:
    engine.diverges = {"l_vae"}
    launched(grid)
    outcome, printed = launched(grid, retry="all")
    assert outcome.exit_code == 1 and "2 of 4 runs done, 2 diverged." in printed


@pytest.mark.parametrize("retry", ["divergd", "x"])
def test_an_unknown_retry_is_named_with_the_known_ones(grid, engine, retry) -> None:
    with pytest.raises(UsageError, match=f'"{retry}": is unknown. Known: diverged, failed, all'):
        launch(grid, replace(default_settings(), retry=retry))


def test_runs_that_failed_are_tried_again_by_the_next_launch(grid, launched, engine, runs) -> None:
    engine.fails = True
    outcome, printed = launched(grid)
    assert "0 of 4 runs done, 4 failed." in printed and "To resume" in printed
    engine.fails = False
    outcome, printed = launched(grid)
    assert outcome.exit_code == 0 and "4 of 4 runs done." in printed
    assert [state for _, state in runs()] == ["FINISHED"] * 4


def test_a_local_error_of_publishing_is_reported_at_once_and_repaired_without_training(
    grid, launched, engine, runs, tmp_path, monkeypatch
) -> None:
    """Today's MLflow raises PermissionError for an artifact folder that cannot be written."""

    def refused(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied", "mlartifacts/1")

    with monkeypatch.context() as broken:
        broken.setattr("sweeper.publishing.records.run_to_publish", refused)
        outcome, printed = launched(grid)
    assert outcome.exit_code == 1 and outcome.unpublished == 4
    lines = printed.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("not published: "))
    assert "mlartifacts/1" in lines[first] and "writable" in lines[first]
    assert printed.count("not published: ") == 1
    assert "4 records in" in printed and "Permission denied" in lines[-2]
    trained = list(engine.trained)
    outcome, printed = launched(grid)
    assert outcome.exit_code == 0 and engine.trained == trained
    assert [state for _, state in runs()] == ["FINISHED"] * 4


def test_a_picture_that_fails_holds_back_no_numbers_and_is_drawn_later(
    grid, launched, engine, runs, tmp_path, monkeypatch
) -> None:
    def refuse(path: Path, milestone: object) -> None:
        raise RuntimeError("latex could not be found\nand more")

    write_pcc = "sweeper.tracking.writing.run_files._write_pcc"
    with monkeypatch.context() as broken:
        broken.setattr(write_pcc, refuse)
        outcome, printed = launched(grid)
    assert outcome.exit_code == 0 and [state for _, state in runs()] == ["FINISHED"] * 4
    assert "without a picture, latex could not be found: 4 runs" in printed
    assert not list(tmp_path.glob("mlartifacts/*/*/artifacts/pcc.png"))
    trained = list(engine.trained)
    for _ in range(2):
        outcome, printed = launched(grid)
        assert outcome.exit_code == 0 and "without a picture" not in printed
    assert len(list(tmp_path.glob("mlartifacts/*/*/artifacts/pcc.png"))) == 4
    assert engine.trained == trained


def test_a_figure_that_cannot_be_drawn_leaves_the_tables(launched, tmp_path, monkeypatch) -> None:
    def refuse(figure: object, kind: str) -> bytes:
        raise RuntimeError("no font")

    monkeypatch.setattr("sweeper.reports.grid_report.as_bytes", refuse)
    launched(write(tmp_path, models="vae"))  # learned sigmas are not simulated
    assert list(tmp_path.glob("mlartifacts/*/*/artifacts/tables/*.md"))
    (page,) = tmp_path.glob("mlartifacts/*/*/artifacts/report.html")
    assert "could not be drawn: no font" in page.read_text()


def test_an_artifact_folder_that_cannot_be_written_is_refused_before_training(
    grid, engine, tmp_path
) -> None:
    (tmp_path / "mlartifacts").write_text("a file where the folder should be")
    with pytest.raises(TrackingError, match="Not a directory.*mlartifacts.*restore"):
        launch(grid, default_settings())
    assert engine.trained == []
    with sqlite3.connect(tmp_path / "mlflow.db") as store:
        assert store.execute("SELECT status FROM runs").fetchall() == [("FAILED",)]


LOADED_MEANWHILE = """
import os, sys, threading

register = os.register_at_fork

def recorded(**hooks):
    if "after_in_parent" in hooks and threading.current_thread() is not threading.main_thread():
        print("registered in a thread:", hooks)
    register(**hooks)

os.register_at_fork = recorded
from sweeper.launching.launch import _mlflow_loaded_meanwhile

with _mlflow_loaded_meanwhile("sqlite:///none.db"):
    pass
print("mlflow" in sys.modules)
"""


def test_nothing_is_registered_between_the_two_halves_of_a_fork(tmp_path):
    """Else a fork of the main thread releases a lock that it has not taken: a traceback."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED_MEANWHILE],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "True\n"
