"""A worker whose own code is not the launch's: one line, and nothing is trained."""

import pytest

from sweeper.engine.attempt import Attempt
from tests.support.own_code import write_model
from tests.sweeper.support.engine_jobs import make_job, records
from trainers.own_code.registry import unload_all, use


@pytest.fixture
def job(tmp_path):
    """A job with an own model, as a worker gets it, and the folder of the store."""
    write_model(tmp_path)
    source = use("./my_models.py", tmp_path)
    config = {"model": "gain_vae", "params": {"k": 2.0}, "code": {"model": source.digest}}
    job = make_job(tmp_path / "store", 1, config=config).to_dict()
    unload_all()
    return job


def run(job):
    attempt = Attempt(job)
    results = [attempt.advance()]
    while not results[-1].is_last:
        results.append(attempt.advance())
    return results


def test_the_same_code_is_trained_without_the_file(job, tmp_path):
    (tmp_path / "my_models.py").unlink()
    assert run(job)[-1].event_kind == "finished"
    assert set(records(tmp_path / "store", 1).milestones) == {4}


def test_other_code_fails_in_one_line_and_trains_nothing(job, tmp_path):
    (sent,) = job["own_code"]
    sent["files"]["helpers.py"] = "SCALE = 7.0\n"
    (failure,) = run(job)
    assert failure.event_kind == "failed"
    assert "has other code of ./my_models.py than the launch (digest" in failure.reason
    assert "\n" not in failure.reason
    assert not records(tmp_path / "store", 1).checkpoints
