"""What every engine does alike: events, retries, stops, and the same records bit for bit."""

import threading

import numpy as np
import pytest
import torch

from sweeper.engine.registry import open_engine
from sweeper.errors import UsageError
from tests.sweeper.support.engine_jobs import (
    ends,
    make_job,
    milestone,
    name_of,
    of,
    records,
    run,
)
from trainers.saving.folders import LocalFolder
from trainers.training import Training

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.xdist_group("ray"),  # one Ray at a time
]


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """Milestones 2 and 4 of training 3, without any engine, with as many threads as a job has."""
    job = make_job("", 3, milestones=(2, 4))
    config, threads = job.config, torch.get_num_threads()
    torch.set_num_threads(job.threads)
    folder = LocalFolder(tmp_path_factory.mktemp("reference") / "trainings" / name_of(3))
    training = Training(config, folder)
    while training.status == "running":
        training.advance()
    training.close()
    torch.set_num_threads(threads)
    return folder.path.parents[1]


@pytest.fixture(scope="module")
def mixed(engine, tmp_path_factory):
    """One run of good and bad jobs: (store, events)."""
    store = tmp_path_factory.mktemp("mixed")
    (store / "trainings").mkdir()
    (store / "trainings" / name_of(2)).write_text("a file where the folder should be")
    no_data = {"dataset": "mpi3d", "source": "published", "data_dir": str(store / "none")}
    changes = [{"network": "nonesuch"}, no_data, {}, {}, {"latent_dim": 10**12}]
    jobs = [
        make_job(store, number, milestones=(2, 4), config=config)
        for number, config in enumerate(changes)
    ]
    return store, run(engine, jobs, max_failures=1)


def assert_same(one, other):
    assert dict(one.metrics) == dict(other.metrics)
    for name in ("mu_NL", "logvar_NL", "factors_NK", "indices_N", "trajectory_ST"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_the_records_are_those_of_a_training_alone(mixed, reference):
    for iteration in (2, 4):
        assert_same(milestone(mixed[0], 3, iteration), milestone(reference, 3, iteration))


def test_failures_do_not_stop_the_other_trainings(mixed):
    expected = {name_of(n): "finished" if n == 3 else "failed" for n in range(5)}
    assert ends(mixed[1]) == expected


def test_an_invalid_configuration_is_tried_once(mixed):
    (failure,) = of(0, mixed[1])
    assert "nonesuch" in failure.reason


def test_a_missing_dataset_fails_at_once_on_the_only_machine(mixed):
    (failure,) = of(1, mixed[1])
    assert "mpi3d" in failure.reason


def test_an_unforeseen_error_is_retried_then_reported(mixed):
    first, last = of(2, mixed[1])
    assert (first.kind, last.kind) == ("progress", "failed")
    assert "File exists" in last.reason or "Not a directory" in last.reason


def test_out_of_memory_is_retried_then_reported_with_advice(mixed):
    first, last = of(4, mixed[1])
    assert (first.kind, last.kind) == ("progress", "failed")
    assert "take a smaller batch" in last.reason


def test_events_carry_the_names_of_the_records(mixed):
    store, events = mixed
    reported = {}
    for event in of(3, events):
        reported |= event.records
    assert reported == records(store, 3).milestones and set(reported) == {2, 4}
    last = of(3, events)[-1]
    assert (last.kind, last.iteration) == ("finished", 4)
    assert last.scores["measure/cbd"] == milestone(store, 3, 4).metrics["measure/cbd"]


def test_recorded_milestones_are_reported_again_by_the_next_run(engine, tmp_path):
    jobs = [make_job(tmp_path, 1, milestones=(2, 4))]
    first, again = run(engine, jobs), run(engine, jobs)
    reported = [
        {e.iteration: (e.records, e.scores) for e in events if e.records}
        for events in (first, again)
    ]
    assert reported[0] == reported[1] and set(reported[0]) == {2, 4}
    assert ends(again) == ends(first) == {name_of(1): "finished"}


def test_jobs_with_nothing_to_do_all_end_in_order(engine, tmp_path):
    jobs = [make_job(tmp_path, 7 * number % 24, milestones=()) for number in range(24)]
    events = run(engine, jobs, max_concurrent=1)
    assert list(ends(events).items()) == [(job.training_id, "finished") for job in jobs]


def test_a_stopped_run_saves_and_the_next_one_gives_the_same_bits(engine, reference, tmp_path):
    stop = threading.Event()

    def halt(event):
        if event.training_id == name_of(3) and event.iteration >= 2:
            stop.set()

    jobs = [make_job(tmp_path, n, milestones=(2, 4, 10_000), checkpoint_s=1e6) for n in (3, 5)]
    events = run(engine, jobs, halt, stop, max_concurrent=1)
    assert ends(events) == {}
    (checkpoint,) = records(tmp_path, 3).checkpoints
    assert checkpoint >= 2 and not records(tmp_path, 5).checkpoints
    resumed = run(engine, [make_job(tmp_path, 3, milestones=(2, 4))])
    assert ends(resumed) == {name_of(3): "finished"}
    assert_same(milestone(tmp_path, 3, 4), milestone(reference, 3, 4))


def test_a_run_whose_stop_is_set_starts_nothing(engine, tmp_path):
    stop = threading.Event()
    stop.set()
    assert run(engine, [make_job(tmp_path, 1)], stop=stop) == []


def test_the_stopping_rule_ends_a_training_with_a_checkpoint(engine, tmp_path):
    """The rule sees a milestone before `on_event` does, and only trainings that could continue."""
    asked = []

    def should_stop(event):
        asked.append(event.iteration)
        return bool(event.records)

    jobs = [make_job(tmp_path, n, milestones=(4, 10_000), checkpoint_s=1e6) for n in (1, 2)]
    events = run(engine, jobs, max_concurrent=1, should_stop=should_stop)
    assert ends(events) == {}
    assert [set(records(tmp_path, n).milestones) for n in (1, 2)] == [{4}, {4}]
    assert [set(records(tmp_path, n).checkpoints) for n in (1, 2)] == [{4}, {4}]
    assert [e.iteration for e in events if e.records] == [4, 4]
    assert max(asked) == 4


def test_no_jobs_start_nothing(engine):
    assert run(engine, []) == []


def test_an_unknown_engine_is_named_with_the_known_ones():
    with pytest.raises(UsageError, match='"dask".*Known: ray, local'):
        open_engine("dask")
    with pytest.raises(UsageError, match="leave out --address"):
        open_engine("local", "auto")


def test_the_local_engine_trains_in_this_process(tmp_path, monkeypatch):
    """So that a breakpoint in a training stops."""
    steps, train = [], Training.advance
    monkeypatch.setattr(Training, "advance", lambda *args: steps.append(1) or train(*args))
    run(open_engine("local"), [make_job(tmp_path, 1)])
    assert steps and records(tmp_path, 1).milestones
