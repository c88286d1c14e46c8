"""How trainings share GPUs, on GPUs that Ray only counts: nothing here computes on one.

A simulated training writes what it sees, and ends once as many run at a time as should."""

import contextlib
import json
import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from sweeper.engine.on_ray.run_jobs import run_jobs
from sweeper.engine.on_ray.session import ray_session
from sweeper.engine.on_ray.trial import TrainingTrial
from tests.sweeper.support.engine_jobs import make_job
from trainers.training import Progress

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("ray"),
]


@pytest.fixture(scope="module")
def gpus(request):
    """So many GPUs on this machine, as Ray counts them."""
    with ray_session(None, cpus=8, gpus=request.param):
        yield request.param


class SimulatedTrial(TrainingTrial):
    def setup(self, config):
        from sweeper.engine import attempt

        attempt.open_job, attempt.recorded_milestones = simulate, lambda job: []
        super().setup(config)


@contextlib.contextmanager
def simulate(job):
    yield SimpleNamespace(iteration=0, status="finished", advance=lambda s: advance(job))


def advance(job):
    """Begins, waits for the others, ends: each written to a file, with the time."""
    store, together = Path(job["store"]), job["config"]["latent_dim"]
    begun = time.monotonic()
    (store / f"{job['training_id']}.begun").touch()
    while len(list(store.glob("*.begun"))) < together and time.monotonic() < begun + 60:
        time.sleep(0.05)
    time.sleep(0.2)
    seen = {"gpu": os.environ.get("CUDA_VISIBLE_DEVICES"), "begun": begun, "end": time.monotonic()}
    (store / f"{job['training_id']}.json").write_text(json.dumps(seen))
    return [Progress(iteration=1, status="finished")]


def simulated(store, share, together, monkeypatch):
    """What trainings see that take `share` of a GPU each: two more than run at a time."""
    count = together + 2
    monkeypatch.setattr("sweeper.engine.on_ray.trial.TrainingTrial", SimulatedTrial)
    config = {"latent_dim": together}  # tells the trainings how many run at a time
    jobs = [make_job(store, number, config=config, gpu=share) for number in range(count)]
    events = []
    run_jobs(jobs, events.append, threading.Event())
    assert [event.reason for event in events if event.reason] == []
    assert [event.kind for event in events if event.kind != "progress"] == ["finished"] * count
    return [json.loads(path.read_text()) for path in sorted(store.glob("*.json"))]


def most_at_a_time(seen):
    return max(sum(a["begun"] <= b["begun"] < a["end"] for a in seen) for b in seen)


@pytest.mark.parametrize(
    "gpus, share, on_one",
    [(1, 0.5, 2), (1, 1.0, 1), (2, 0.5, 2), (2, 0.4, 2), (2, 1.0, 1)],
    indirect=["gpus"],
)
def test_each_gpu_is_shared_by_as_many_as_fit_and_no_more(
    gpus, share, on_one, tmp_path, monkeypatch
):
    seen = simulated(tmp_path, share, gpus * on_one, monkeypatch)
    assert {one["gpu"] for one in seen} == {str(number) for number in range(gpus)}
    for number in range(gpus):
        assert most_at_a_time([one for one in seen if one["gpu"] == str(number)]) == on_one
    assert most_at_a_time(seen) == gpus * on_one


@pytest.mark.parametrize("gpus", [2], indirect=True)
def test_a_training_of_two_gpus_sees_both(gpus, tmp_path, monkeypatch):
    seen = simulated(tmp_path, 2.0, 1, monkeypatch)
    assert [sorted(one["gpu"].split(",")) for one in seen] == [["0", "1"]] * 3
    assert most_at_a_time(seen) == 1


@pytest.mark.parametrize("gpus", [1], indirect=True)
def test_a_gpu_that_pytorch_cannot_use_fails_at_once_with_the_remedy(gpus, tmp_path):
    import torch

    if torch.cuda.is_available():
        pytest.skip("PyTorch has a GPU here")
    events = []
    run_jobs([make_job(tmp_path, 0, gpu=1.0)], events.append, threading.Event())
    (failure,) = events
    assert failure.kind == "failed"
    assert "finds no GPU" in failure.reason and "resources: {gpu: 0}" in failure.reason
    assert torch.__version__ in failure.reason
