"""What only the engine on a Ray of this machine has: workers that die, and who listens where.

What every engine does is in `tests/sweeper/engine/test_contract.py`."""

import contextlib
import os
import threading

import numpy as np
import psutil
import pytest

from tests.faults.sweeps import is_worker
from tests.sweeper.support.engine_jobs import ends, make_job, milestone, name_of, records, run

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.xdist_group("ray"),  # one Ray at a time
]


def processes():
    """Ray's processes under this one."""
    return psutil.Process().children(recursive=True)


def workers():
    found = []
    for process in processes():
        with contextlib.suppress(psutil.NoSuchProcess):  # it may end meanwhile
            if is_worker(process.cmdline()):
                found.append(process)
    return found


@pytest.mark.fault
def test_a_killed_worker_resumes_from_its_checkpoint_to_the_same_bits(ray_engine, tmp_path):
    run(ray_engine, [make_job(tmp_path / "undisturbed", 1, milestones=(40,))])
    killed = []

    def kill(event):
        checkpoints = records(tmp_path / "killed", 1).checkpoints
        if not killed and event.iteration >= 10 and checkpoints:
            (worker,) = workers()
            killed.append(worker.pid)
            worker.kill()

    events = run(
        ray_engine, [make_job(tmp_path / "killed", 1, milestones=(40,))], kill, max_failures=1
    )
    assert killed and ends(events) == {name_of(1): "finished"}
    assert any("worker died" in e.reason for e in events)
    again = [i for i, e in enumerate(events) if e.reason]
    assert events[again[0] + 1].iteration > 0, "it resumed from a checkpoint"
    one, other = (milestone(tmp_path / name, 1, 40) for name in ("undisturbed", "killed"))
    assert dict(one.metrics) == dict(other.metrics)
    for name in ("mu_NL", "logvar_NL", "trajectory_ST"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.fault
def test_a_worker_killed_again_and_again_is_given_up(ray_engine, tmp_path):
    def kill(event):
        for worker in workers():
            worker.kill()

    slow = make_job(tmp_path, 1, milestones=(10_000,), checkpoint_s=1e6)
    events = run(ray_engine, [slow], kill, max_failures=1)
    assert [e.kind for e in events if e.reason] == ["progress", "failed"]


def test_a_stop_ends_every_training_with_a_checkpoint(ray_engine, tmp_path):
    stop, seen = threading.Event(), {}

    def halt(event):
        seen[event.training_id] = event.iteration
        if len([i for i in seen.values() if i > 0]) == 2:
            stop.set()

    jobs = [make_job(tmp_path, n, milestones=(10_000,), checkpoint_s=1e6) for n in (1, 2, 3)]
    events = run(ray_engine, jobs, halt, stop)
    assert ends(events) == {}
    for number in (1, 2):
        (checkpoint,) = records(tmp_path, number).checkpoints
        assert checkpoint >= seen[name_of(number)] > 0
    assert not records(tmp_path, 3).checkpoints


def test_every_process_of_our_own_ray_listens_on_loopback_only(ray_engine):
    listening = set()
    for process in [psutil.Process(), *processes()]:
        try:
            found = process.net_connections(kind="inet")
        except psutil.NoSuchProcess:
            continue
        listening |= {c.laddr.ip for c in found if c.status == psutil.CONN_LISTEN}
    assert listening and listening <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def test_our_own_ray_asks_for_a_token(ray_engine):
    assert os.environ["RAY_AUTH_MODE"] == "token"
    assert ray_engine.num_gpus() == 0


@pytest.mark.fault
def test_no_worker_sees_a_gpu_unless_it_asked_for_one(ray_engine, tmp_path):
    seen = []

    def look(event):
        for worker in workers():
            seen.append(worker.environ().get("CUDA_VISIBLE_DEVICES", ""))

    run(ray_engine, [make_job(tmp_path, 1, milestones=(4,))], look)
    assert set(seen) <= {""}
