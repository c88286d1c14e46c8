"""Ctrl-C, SIGTERM, SIGHUP and closed pipes: everything is saved, or trained to its end."""

import os
import shlex
import signal
import sqlite3
import subprocess

import pytest

from tests.faults.sweeps import TINY, Sweep, stored

pytestmark = pytest.mark.usefixtures("sighup_not_ignored")
LONG = TINY | {"axes": TINY["axes"] | {"iterations": [1_000_000]}}


@pytest.mark.fault
@pytest.mark.timeout(300)
def test_a_launch_that_is_asked_to_stop_saves_and_prints_how_to_resume(tmp_path):
    sweep = Sweep(tmp_path, LONG)
    with sweep.started() as process:
        sweep.wait_for(process, lambda: len(reached(sweep)) == 2)
        refused = sweep.run("launch", "grid.yaml")
        assert refused.returncode == 2
        assert f"the launch of grid (process {process.pid} on " in refused.stderr
        os.killpg(process.pid, signal.SIGINT)  # what a terminal does: every process gets it
        assert process.wait(120) == 130, sweep.output
    assert_saved(sweep)
    first = reached(sweep)
    with sweep.started() as process:
        sweep.wait_for(process, lambda: all(n > first[name] for name, n in reached(sweep).items()))
        process.terminate()
        assert process.wait(120) == 143, sweep.output
    assert_saved(sweep)
    assert "Traceback" not in sweep.output
    assert "the worker died" not in sweep.output, "Ctrl-C is for the launch, not its workers"


@pytest.mark.fault
@pytest.mark.timeout(300)
def test_a_launch_that_loses_its_terminal_saves_and_closes_its_run(tmp_path):
    sweep = Sweep(tmp_path, LONG)
    with sweep.started() as process:
        sweep.wait_for(process, lambda: len(reached(sweep)) == 2)
        os.killpg(process.pid, signal.SIGHUP)  # every process gets it
        assert process.wait(120) == 129, sweep.output
    assert_saved(sweep)
    assert "the worker died" not in sweep.output


@pytest.mark.fault
@pytest.mark.timeout(300)
def test_a_launch_whose_output_nobody_reads_trains_to_its_end(tmp_path):
    sweep = Sweep(tmp_path, TINY)
    launch = shlex.join(sweep.command("launch", "grid.yaml"))
    done = subprocess.run(
        ["bash", "-c", f"{launch} 2>&1 | head -n 1; exit ${{PIPESTATUS[0]}}"],
        cwd=sweep.folder,
        env=sweep.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and done.stderr == ""
    assert len(stored(sweep.folder)) == 4


def assert_saved(sweep):
    """Two trainings not done, both with a checkpoint, the launch KILLED and none RUNNING."""
    last = sweep.output.rstrip().splitlines()[-2:]
    assert last == ["0 of 2 runs done.", "To resume: sweeper launch grid.yaml"], sweep.output
    with sqlite3.connect(sweep.folder / "mlflow.db") as connection:
        assert connection.execute("SELECT status FROM runs").fetchall() == [("KILLED",)]


def reached(sweep):
    """{training: iteration of its newest checkpoint}."""
    found = {}
    for path in sweep.checkpoints():
        found[path.parent.name] = int(path.name.split("-")[1])
    return found
