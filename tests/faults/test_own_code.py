"""A model of a user's own on two workers: workers and launch are killed, the numbers stay."""

import os
import shutil
import signal

import pytest

from tests.faults.sweeps import ROOT, TINY, Sweep, stored, workers

GRID = TINY | {
    "use": ["./own_loss.py"],
    "models": ["vae", {"gain_vae": {"target": [5, 10]}}],
    "axes": TINY["axes"] | {"iterations": [100, 400, 800]},
}
RUNS = 9


def sweep_of(folder, *options):
    sweep = Sweep(folder, GRID, *options)
    shutil.copy(ROOT / "examples" / "own_loss.py", folder)
    return sweep


@pytest.mark.fault
@pytest.mark.timeout(600)
def test_an_own_model_resumes_bitwise_after_its_workers_and_its_launch_were_killed(tmp_path):
    undisturbed = sweep_of(tmp_path / "undisturbed", "--engine", "local")
    assert undisturbed.launch() == 0, undisturbed.output
    sweep = sweep_of(tmp_path / "killed")
    with sweep.started() as process:
        sweep.wait_for(process, lambda: len(sweep.checkpoints()) >= 2 and sweep.records() >= 2)
        both = workers(process)
        for worker in both:  # at least one of two trains an own model
            worker.kill()
        gone = {worker.pid for worker in both}
        sweep.wait_for(process, lambda: {w.pid for w in workers(process)} - gone)
        before = sweep.records()
        sweep.wait_for(process, lambda: sweep.records() > before)
        os.kill(process.pid, signal.SIGKILL)
    assert len(both) == 2 and sweep.records() < RUNS
    assert sweep.launch() == 0, sweep.output
    assert len(stored(sweep.folder)) == RUNS
    assert stored(sweep.folder) == stored(undisturbed.folder)
