"""A launch with nothing to do writes nothing to MLflow."""

import sqlite3

import pytest
import yaml

from sweeper.grid import load_grid
from sweeper.launching import round as module

GRID = {
    "name": "g",
    "datasets": "dsprites",
    "models": ["vae", "control_vae"],
    "axes": {"iterations": [10, 20], "learning_rate": 1e-3},
    "evaluation": {"measures": ["cbd"]},
    "select": {"by": "cbd"},
}


def write(folder, **changes):
    (folder / "g.yaml").write_text(yaml.safe_dump(GRID | changes))
    return load_grid(folder / "g.yaml")


@pytest.fixture(autouse=True)
def no_figures(monkeypatch):
    monkeypatch.setattr("sweeper.reports.grid_report.FIGURES", {})


@pytest.fixture
def opened(monkeypatch):
    """One entry for each time that a round opens MLflow for writing."""
    found, publisher = [], module.RunPublisher
    monkeypatch.setattr(module, "RunPublisher", lambda *a: found.append(1) or publisher(*a))
    return found


def database(folder, statement=None):
    with sqlite3.connect(folder / "mlflow.db") as store:
        if statement is not None:
            assert store.execute(statement).rowcount > 0
        return list(store.iterdump())


def test_a_launch_of_a_finished_grid_writes_nothing_and_prints_the_table(
    launched, opened, tmp_path
):
    _, first = launched(write(tmp_path))
    before = database(tmp_path)
    outcome, printed = launched(write(tmp_path))
    assert len(opened) == 1 and database(tmp_path) == before
    assert outcome.exit_code == 0 and "4 of 4 runs done." in printed
    table = first[first.index("Grid g") :]
    assert table in printed


def test_so_does_one_whose_runs_diverged(launched, opened, engine, tmp_path):
    engine.diverges = {"vae"}
    assert launched(write(tmp_path))[0].exit_code == 1
    outcome, printed = launched(write(tmp_path))
    assert len(opened) == 1
    assert outcome.exit_code == 1 and "2 of 4 runs done, 2 diverged." in printed


def test_more_runs_or_another_rule_are_work(launched, opened, tmp_path):
    launched(write(tmp_path))
    launched(write(tmp_path, select={"by": "cbd", "min_active": 0}))
    assert len(opened) == 2
    launched(write(tmp_path, axes={"iterations": [10, 20, 30], "learning_rate": 1e-3}))
    assert len(opened) == 3


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE latest_metrics SET value = value / 2 WHERE key = 'measure/cbd'",
        "DELETE FROM tags WHERE key = 'sweeper.results'",
        "UPDATE runs SET status = 'KILLED' WHERE name LIKE 'launch%'",
        "UPDATE tags SET value = 'other' WHERE key = 'sweeper.grids'",
        "UPDATE tags SET value = '' WHERE key = 'sweeper.measures'",
    ],
)
def test_what_differs_in_the_store_is_written_again(launched, opened, tmp_path, statement):
    launched(write(tmp_path))
    database(tmp_path, statement)
    launched(write(tmp_path))
    assert len(opened) == 2


def test_other_code_draws_the_results_again(launched, opened, tmp_path, monkeypatch):
    launched(write(tmp_path))
    monkeypatch.setattr("sweeper.publishing.launch_results.code_digest", lambda folders: "other")
    launched(write(tmp_path))
    assert len(opened) == 2
