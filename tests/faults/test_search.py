"""Searches through Ray that are killed: nothing is lost, nothing is done twice."""

import os
import signal
import sqlite3

import pytest

from search_spaces.samplers import TrialState, read_trials
from tests.faults.sweeps import TINY, Sweep, stored, workers

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("ray")]

SEARCH = TINY | {
    "name": "s",
    "models": ["l_vae", {"beta_vae": {"beta": {"low": 0.5, "high": 8, "log": True}}}],
    "axes": TINY["axes"] | {"learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}},
    "search": {"sampler": "tpe", "pruner": "asha", "trainings": 8},
}


def tried(sweep: Sweep):
    return read_trials(sweep.folder / "sweep_store" / "studies" / "s" / "dsprites.journal")


def whole(sweep: Sweep) -> None:
    """Eight points, all scored; a run in MLflow for each milestone that was reached, once."""
    points = tried(sweep)
    assert len(points) == 8 and TrialState.OPEN not in {one.state for one in points}
    assert len(stored(sweep.folder)) == sum(len(one.reported) for one in points)
    with sqlite3.connect(sweep.folder / "mlflow.db") as connection:
        states = connection.execute("SELECT DISTINCT status FROM runs").fetchall()
    assert states == [("FINISHED",)]


def test_a_search_whose_driver_is_killed_twice_continues(tmp_path) -> None:
    sweep = Sweep(tmp_path, SEARCH)
    for records in (2, 6):
        with sweep.started() as process:
            sweep.wait_for(process, lambda count=records: sweep.records() >= count)
            os.killpg(process.pid, signal.SIGKILL)
        given = [(one.number, one.point) for one in tried(sweep)]
    assert sweep.launch() == 0, sweep.output
    whole(sweep)
    assert [(one.number, one.point) for one in tried(sweep)][: len(given)] == given


def test_an_interrupted_search_prints_the_command_that_resumes_it(tmp_path) -> None:
    sweep = Sweep(tmp_path, SEARCH)
    with sweep.started() as process:
        sweep.wait_for(process, lambda: sweep.records() >= 2)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert "To resume: sweeper launch grid.yaml" in sweep.output
    assert sweep.run("status", "grid.yaml").returncode == 1
    assert sweep.launch() == 0, sweep.output
    whole(sweep)
    assert sweep.run("status", "grid.yaml").returncode == 0


def test_a_worker_that_dies_costs_no_point(tmp_path) -> None:
    sweep = Sweep(tmp_path, SEARCH)
    with sweep.started() as process:
        sweep.wait_for(process, lambda: sweep.records() >= 1 and workers(process))
        workers(process)[0].kill()
        assert process.wait(240) == 0, sweep.output
    whole(sweep)
