"""A launch in a folder of its own, on an engine that trains nothing."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.console import Console

from sweeper.grid import Grid
from sweeper.launching.launch import launch
from sweeper.launching.outcome import Outcome
from sweeper.launching.summary import end_lines
from sweeper.planning.settings import default_settings
from tests.sweeper.support.simulated_engine import SimulatedEngine

Launched = Callable[..., tuple[Outcome, str]]


@pytest.fixture
def engine(monkeypatch, tmp_path, empty_database, without_figures) -> SimulatedEngine:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mlflow.db").write_bytes(empty_database.read_bytes())
    monkeypatch.setattr("sweeper.publishing.queue.FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr("sweeper.preflight.checks.free_bytes", lambda place: None)  # writes little
    simulated = SimulatedEngine()
    monkeypatch.setattr("sweeper.launching.launch.open_engine", lambda name, address: simulated)
    return simulated


@pytest.fixture
def launched(engine, tmp_path) -> Launched:
    """Launches a grid in tmp_path: its outcome, and all that it printed."""

    def run(grid: Grid, **settings: object) -> tuple[Outcome, str]:
        asked = replace(default_settings(), **settings)
        with open(tmp_path / "console.txt", "w+") as file:
            console = Console(file=file, width=200)
            outcome = launch(grid, asked, console)
            for line in end_lines(outcome, grid, asked, "sweeper launch s.yaml"):
                console.print(line, markup=False, soft_wrap=True)
            file.seek(0)
            return outcome, file.read()

    return run


@pytest.fixture
def runs(tmp_path) -> Callable[[], list[tuple[str, str]]]:
    """(run id, MLflow's state) of every active run."""

    def read() -> list[tuple[str, str]]:
        with sqlite3.connect(tmp_path / "mlflow.db") as store:
            return store.execute(
                "SELECT t.value, r.status FROM runs r JOIN tags t ON t.run_uuid = r.run_uuid "
                "WHERE t.key = 'sweeper.run_id' AND r.lifecycle_stage = 'active'"
            ).fetchall()

    return read
