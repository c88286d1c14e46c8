"""Soak: something is killed every few seconds, and the table comes out bitwise the same."""

import os
import random
import signal
import time

import pytest

from tests.faults.sweeps import SOAK, Sweep, stored, workers

DRIVER_KILLS, WORKER_KILLS = 3, 12


@pytest.mark.fault
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)]
)
def test_whatever_is_killed_the_same_command_finishes_the_sweep(soak, tmp_path, seed):
    rng = random.Random(seed)
    sweep = Sweep(tmp_path, SOAK)
    killed = {"driver": 0, "worker": 0}
    for _ in range(30):
        with sweep.started() as process:
            disturb(process, sweep, rng, killed)
            code = process.wait(300)
        if code == 0:
            break
    assert code == 0, sweep.output
    assert killed["driver"] == DRIVER_KILLS and killed["worker"] >= 2, killed
    assert stored(tmp_path) == soak


def disturb(process, sweep, rng, killed):
    """Kills a worker every few seconds, and some time the driver, until the launch ends."""
    records = sweep.records()
    end = None
    if killed["driver"] < DRIVER_KILLS:
        sweep.wait_for(process, lambda: workers(process) or process.poll() is not None)
        end = time.monotonic() + rng.uniform(1, 12)
    due = time.monotonic() + rng.uniform(2, 6)
    while process.poll() is None:
        time.sleep(0.1)
        if end is not None and time.monotonic() > end and sweep.records() < 36:
            killed["driver"] += 1
            os.kill(process.pid, signal.SIGKILL)
            return
        may_kill = killed["worker"] < WORKER_KILLS  # on a busy machine there is time for many more
        if may_kill and time.monotonic() > due and sweep.records() > records:
            due, records = time.monotonic() + rng.uniform(2, 6), sweep.records()
            for worker in workers(process)[:1]:
                worker.kill()
                killed["worker"] += 1
