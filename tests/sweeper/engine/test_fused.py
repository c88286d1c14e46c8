"""Fused trainings as one job: what every engine reports of them, and their records."""

import threading

import pytest
import torch

from tests.sweeper.engine.test_contract import assert_same
from tests.sweeper.support.engine_jobs import (
    ends,
    make_fused_job,
    milestone,
    name_of,
    of,
    records,
    run,
)
from trainers.fused import advance, open_trainings
from trainers.saving.folders import LocalFolder

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.xdist_group("ray"),  # one Ray at a time
]
NUMBERS = (3, 5)


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """Both trainings in one program, without any engine, with as many threads as a job has."""
    job, store = make_fused_job("", NUMBERS, milestones=(2, 4)), tmp_path_factory.mktemp("store")
    configs = [job.config, *(config for _, config in job.fused_with)]
    threads = torch.get_num_threads()
    torch.set_num_threads(job.threads)
    folders = [LocalFolder(store / "trainings" / name) for name in job.training_ids]
    trainings = open_trainings(configs, folders)
    while trainings.status == "running":
        advance(trainings)
    trainings.close()
    torch.set_num_threads(threads)
    return store


def assert_reference(reference, store):
    for number in NUMBERS:
        for iteration in (2, 4):
            assert_same(
                milestone(store, number, iteration), milestone(reference, number, iteration)
            )


def test_each_training_has_its_own_events_and_records(engine, reference, tmp_path):
    events = run(engine, [make_fused_job(tmp_path, NUMBERS, milestones=(2, 4))])
    assert ends(events) == {name_of(number): "finished" for number in NUMBERS}
    assert_reference(reference, tmp_path)
    for number in NUMBERS:
        own = of(number, events)
        reported = {step: name for event in own for step, name in event.records.items()}
        assert reported == records(tmp_path, number).milestones
        assert {event.fused for event in own if event.records} == {2}


def test_a_stopped_program_saves_and_the_next_one_gives_the_same_bits(engine, reference, tmp_path):
    stop = threading.Event()

    def halt(event):
        if event.iteration >= 2:
            stop.set()

    job = make_fused_job(tmp_path, NUMBERS, milestones=(2, 4, 10_000), checkpoint_s=1e6)
    assert ends(run(engine, [job], halt, stop)) == {}
    found = [set(records(tmp_path, number).checkpoints) for number in NUMBERS]
    assert found[0] == found[1] and len(found[0]) == 1
    resumed = run(engine, [make_fused_job(tmp_path, NUMBERS, milestones=(2, 4))])
    assert ends(resumed) == {name_of(number): "finished" for number in NUMBERS}
    assert_reference(reference, tmp_path)


def test_the_stopping_rule_ends_them_once_all_have_reported(engine, tmp_path):
    job = make_fused_job(tmp_path, NUMBERS, milestones=(4, 10_000), checkpoint_s=1e6)
    events = run(engine, [job], should_stop=lambda event: bool(event.records))
    assert ends(events) == {}
    for number in NUMBERS:
        assert [event.iteration for event in of(number, events) if event.records] == [4]
        assert set(records(tmp_path, number).checkpoints) == {4}


def test_an_error_ends_each_of_them(engine, tmp_path):
    events = run(engine, [make_fused_job(tmp_path, NUMBERS, config={"network": "nonesuch"})])
    assert ends(events) == {name_of(number): "failed" for number in NUMBERS}
    assert all("nonesuch" in of(number, events)[-1].reason for number in NUMBERS)


def test_what_this_machine_lacks_ends_each_of_them(engine, tmp_path):
    no_data = {"dataset": "mpi3d", "source": "published", "data_dir": str(tmp_path / "none")}
    events = run(engine, [make_fused_job(tmp_path, NUMBERS, config=no_data)])
    assert ends(events) == {name_of(number): "failed" for number in NUMBERS}


def test_one_that_has_ended_is_reported_once(engine, tmp_path):
    """The program of three ends at different steps; nothing is said of the first again."""
    job = make_fused_job(tmp_path, NUMBERS, milestones=(2, 8))
    short = (name_of(7), type(job.config)(**{**vars(job.config), "seed": 7, "milestones": (2,)}))
    events = run(engine, [type(job)(**{**vars(job), "fused_with": (*job.fused_with, short)})])
    assert ends(events) == {name_of(number): "finished" for number in (*NUMBERS, 7)}
    assert [event.kind for event in of(7, events)].count("finished") == 1
    assert of(7, events)[-1].kind == "finished"
