"""The engine on a Ray of this machine: events, retries, stops, and who listens where.

Trainings of the small convolutional network on dSprites, batches of 4: a step takes
milliseconds."""

import contextlib
import os
import threading

import numpy as np
import psutil
import pytest

from sweeper.engine.run_jobs import Job, run_jobs
from sweeper.engine.session import ray_session, total_gpus
from sweeper.store.folders import open_folder
from tests.faults.sweeps import is_worker
from trainers.config import Evaluation, TrainingConfig
from trainers.config_checks import checked
from trainers.saving.records import find_records, read_milestone

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.xdist_group("ray"),  # one Ray at a time
]


@pytest.fixture(scope="module")
def own_ray():
    with ray_session(None, cpus=2):
        yield


def job(store, number, milestones=(4,), **changes):
    config = TrainingConfig(
        dataset="dsprites",
        source="rendered",
        model="vae",
        params={},
        network="cnn",
        latent_dim=3,
        batch_size=4,
        learning_rate=1e-3,
        seed=number,
        milestones=milestones,
        measures=("cbd",),
        evaluation=Evaluation(num_points=20),
    )
    values = dict(training_id=f"{number:016x}", config=checked(config).to_dict(), store=str(store))
    return Job(**(values | dict(report_s=0.01, checkpoint_s=0.01) | changes))


def run(jobs, on_event=lambda event: None, stop=None, **options):
    events = []

    def take(event):
        events.append(event)
        on_event(event)

    run_jobs(jobs, take, stop or threading.Event(), **options)
    return events


def ends(events):
    return {e.training_id: e.kind for e in events if e.kind != "progress"}


def milestone(store, number, iteration):
    folder = open_folder(str(store), f"{number:016x}")
    return read_milestone(folder, find_records(folder).milestones[iteration])


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


@pytest.fixture(scope="module")
def mixed(own_ray, tmp_path_factory):
    """One run of good and bad jobs: (store, events)."""
    store = tmp_path_factory.mktemp("mixed")
    wrong, missing, blocked, good, huge = (
        job(store, number, milestones=(2, 4)) for number in range(5)
    )
    wrong.config["network"] = "nonesuch"
    missing.config.update(dataset="mpi3d", source="published", data_dir=str(store / "none"))
    (store / "trainings").mkdir()
    (store / "trainings" / blocked.training_id).write_text("a file where the folder should be")
    huge.config["latent_dim"] = 10**12
    return store, run([wrong, missing, blocked, good, huge], max_failures=1)


def of(number, events):
    return [event for event in events if event.training_id == f"{number:016x}"]


def test_the_good_go_on_whatever_befalls_the_others(mixed):
    assert ends(mixed[1]) == {
        f"{number:016x}": "finished" if number == 3 else "failed" for number in range(5)
    }


def test_a_training_that_cannot_be_is_tried_once(mixed):
    (failure,) = of(0, mixed[1])
    assert "nonesuch" in failure.reason


def test_a_dataset_that_is_not_at_hand_fails_at_once_on_the_only_machine(mixed):
    (failure,) = of(1, mixed[1])
    assert "mpi3d" in failure.reason


def test_an_unforeseen_error_is_retried_then_told(mixed):
    first, last = of(2, mixed[1])
    assert (first.kind, last.kind) == ("progress", "failed")
    assert "File exists" in last.reason or "Not a directory" in last.reason


def test_out_of_memory_is_retried_then_told_with_advice(mixed):
    first, last = of(4, mixed[1])
    assert (first.kind, last.kind) == ("progress", "failed")
    assert "take a smaller batch" in last.reason


def test_records_come_with_the_events_that_tell_of_them(mixed):
    store, events = mixed
    found = find_records(open_folder(str(store), f"{3:016x}")).milestones
    told = {}
    for event in of(3, events):
        told |= event.records
    assert told == found and set(found) == {2, 4}
    last = of(3, events)[-1]
    assert (last.kind, last.iteration) == ("finished", 4)
    assert last.scores["measure/cbd"] == milestone(store, 3, 4).metrics["measure/cbd"]


def test_milestones_of_a_worker_that_could_not_tell_are_told_by_the_next(own_ray, tmp_path):
    asked = [job(tmp_path, 1, milestones=(2, 4))]
    first, again = run(asked), run(asked)
    told = [
        {e.iteration: (e.records, e.scores) for e in events if e.records}
        for events in (first, again)
    ]
    assert told[0] == told[1] and set(told[0]) == {2, 4}
    assert ends(again) == ends(first) == {f"{1:016x}": "finished"}


def test_many_jobs_with_nothing_to_do_all_end_in_order(own_ray, tmp_path):
    jobs = [job(tmp_path, 7 * number % 72, milestones=()) for number in range(72)]
    events = run(jobs, max_concurrent=1)
    assert list(ends(events).items()) == [(job.training_id, "finished") for job in jobs]


@pytest.mark.fault
def test_a_killed_worker_goes_on_from_its_checkpoint_to_the_same_bits(own_ray, tmp_path):
    run([job(tmp_path / "undisturbed", 1, milestones=(40,))])
    killed = []

    def kill(event):
        folder = open_folder(str(tmp_path / "killed"), f"{1:016x}")
        if not killed and event.iteration >= 10 and find_records(folder).checkpoints:
            (worker,) = workers()
            killed.append(worker.pid)
            worker.kill()

    events = run([job(tmp_path / "killed", 1, milestones=(40,))], kill, max_failures=1)
    assert killed and ends(events) == {f"{1:016x}": "finished"}
    assert any("worker died" in e.reason for e in events)
    again = [i for i, e in enumerate(events) if e.reason]
    assert events[again[0] + 1].iteration > 0, "it began from a checkpoint"
    one, other = (milestone(tmp_path / name, 1, 40) for name in ("undisturbed", "killed"))
    assert dict(one.metrics) == dict(other.metrics)
    for name in ("mu_NL", "logvar_NL", "trajectory_ST"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.fault
def test_a_worker_killed_again_and_again_is_given_up(own_ray, tmp_path):
    def kill(event):
        for worker in workers():
            worker.kill()

    slow = job(tmp_path, 1, milestones=(10_000,), checkpoint_s=1e6)
    events = run([slow], kill, max_failures=1)
    assert [e.kind for e in events if e.reason] == ["progress", "failed"]


def test_a_stop_ends_every_training_with_a_checkpoint(own_ray, tmp_path):
    stop, seen = threading.Event(), {}

    def halt(event):
        seen[event.training_id] = event.iteration
        if len([i for i in seen.values() if i > 0]) == 2:
            stop.set()

    jobs = [job(tmp_path, n, milestones=(10_000,), checkpoint_s=1e6) for n in (1, 2, 3)]
    events = run(jobs, halt, stop)
    assert ends(events) == {}
    for number in (1, 2):
        folder = open_folder(str(tmp_path), f"{number:016x}")
        (checkpoint,) = find_records(folder).checkpoints
        assert checkpoint >= seen[f"{number:016x}"] > 0
    assert not find_records(open_folder(str(tmp_path), f"{3:016x}")).checkpoints


def test_every_process_of_our_own_ray_listens_on_loopback_only(mixed):
    listening = set()
    for process in [psutil.Process(), *processes()]:
        try:
            found = process.net_connections(kind="inet")
        except psutil.NoSuchProcess:
            continue
        listening |= {c.laddr.ip for c in found if c.status == psutil.CONN_LISTEN}
    assert listening and listening <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def test_our_own_ray_asks_for_a_token(own_ray):
    assert os.environ["RAY_AUTH_MODE"] == "token"
    assert total_gpus() == 0


@pytest.mark.fault
def test_no_worker_sees_a_gpu_unless_it_asked_for_one(own_ray, tmp_path):
    seen = []

    def look(event):
        for worker in workers():
            seen.append(worker.environ().get("CUDA_VISIBLE_DEVICES", ""))

    run([job(tmp_path, 1, milestones=(4,))], look)
    assert set(seen) <= {""}


def test_no_jobs_need_no_ray():
    run_jobs([], lambda event: None, threading.Event())
