"""The first process of a batch job: when it puts the job back into the queue."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# A launch that saves and ends on SIGTERM, or ends by itself with CODE.
LAUNCH = """
import os, signal, sys, time
if os.environ["CODE"] != "early":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
open("started", "w").close()
if os.environ["CODE"].isdigit():
    sys.exit(int(os.environ["CODE"]))
time.sleep(600)
"""
JOB = """
import sys
from sweeper.slurm import job
job._MAIN = open("launch.py").read()
job.time.sleep = lambda seconds: None
sys.exit(job.main(["--max-requeues", "2", "--", "grid.yaml"]))
"""


def ended(folder, signals=(), code="", restarts=""):
    """The exit code of a job that gets these signals once its launch runs."""
    (folder / "launch.py").write_text(LAUNCH)
    environment = {**os.environ, "CODE": code, "SLURM_JOB_ID": "7", "PYTHONPATH": str(ROOT)}
    environment |= {"SLURM_RESTART_COUNT": restarts} if restarts else {}
    process = subprocess.Popen([sys.executable, "-c", JOB], cwd=folder, env=environment)
    try:
        end = time.monotonic() + 60
        while not (folder / "started").exists() and time.monotonic() < end:
            time.sleep(0.02)
        if len(signals) > 1:  # all arrive before the job acts on one
            os.kill(process.pid, signal.SIGSTOP)
        for number in signals:
            if number == signal.SIGTERM:  # Slurm sends it to every process of a job
                [child] = _children(process.pid)
                os.kill(process.pid, number)
                time.sleep(0.2)
                os.kill(child, number)
            else:
                os.kill(process.pid, number)
        if len(signals) > 1:
            os.kill(process.pid, signal.SIGCONT)
        return process.wait(60)
    finally:
        process.kill()


def _children(pid):
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


REQUEUED = ["scontrol requeue 7"]


@pytest.mark.parametrize(
    ("signals", "restarts", "calls"),
    [
        ((signal.SIGUSR1,), "", REQUEUED),  # before the time limit
        ((signal.SIGUSR1,), "1", REQUEUED),
        ((signal.SIGUSR1,), "2", []),  # --max-requeues
        ((signal.SIGUSR2,), "", []),  # sweeper stop
        ((signal.SIGUSR1, signal.SIGUSR2), "", []),
        ((signal.SIGTERM,), "", []),  # scancel, or Slurm requeues by itself
    ],
)
def test_signals(fake_slurm, tmp_path, signals, restarts, calls):
    fake_slurm("scontrol")
    assert ended(tmp_path, signals, restarts=restarts) == 143
    assert fake_slurm.calls() == calls


@pytest.mark.parametrize("code", ["0", "1", "2"])
def test_a_launch_that_ends_by_itself_is_not_requeued(fake_slurm, tmp_path, code):
    fake_slurm("scontrol")
    assert ended(tmp_path, code=code) == int(code)
    assert fake_slurm.calls() == []


def test_a_launch_that_was_warned_through_its_nodes_is_requeued(fake_slurm, tmp_path):
    """It ends with 143, and the job itself got no signal."""
    fake_slurm("scontrol")
    assert ended(tmp_path, code="143") == 143
    assert fake_slurm.calls() == REQUEUED


def test_a_launch_that_is_warned_before_it_handles_signals_is_requeued(fake_slurm, tmp_path):
    fake_slurm("scontrol")
    assert ended(tmp_path, (signal.SIGUSR1,), code="early") == 143
    assert fake_slurm.calls() == REQUEUED


def test_a_controller_that_refuses_is_an_end_with_the_launchs_code(fake_slurm, tmp_path):
    fake_slurm("scontrol", "echo 'Job violates policy' >&2; exit 1")
    assert ended(tmp_path, (signal.SIGUSR1,)) == 143
