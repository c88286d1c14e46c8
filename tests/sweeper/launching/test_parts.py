"""The parts of a launch that need neither Ray nor MLflow."""

import numpy as np
import pytest
from rich.console import Console

from sweeper.cost.text import plan_json, plan_lines
from sweeper.engine.jobs import TrainingEvent
from sweeper.grid import Grid
from sweeper.launching.jobs import jobs_of
from sweeper.launching.outcome import Outcome
from sweeper.launching.progress import ProgressDisplay, SweepProgress
from sweeper.messages import format_duration
from sweeper.planning.plan import make_plan
from sweeper.planning.settings import default_settings
from sweeper.publishing.runs import final_sigmas, run_name, run_params, run_to_publish
from sweeper.tracking import layout
from trainers.saving.records import Milestone


@pytest.fixture
def grid():
    return Grid(
        name="g",
        datasets="dsprites",
        models=["mdl_vae_strong", {"beta_vae": {"beta": [2]}}],
        axes={"batch_size": [64, 128], "learning_rate": 1e-4, "iterations": [10, 20]},
    )


@pytest.fixture
def plan(grid):
    return make_plan(grid)


def milestone(sigmas=(0.4, 0.3), failed="", metrics=None):
    names = ("loss/recon", *(f"sigma/z{i}" for i in range(len(sigmas))))
    return Milestone(
        iteration=10,
        metrics={"measure/cbd": 0.5, "valid/recon": 9.0} if metrics is None else metrics,
        trajectory_names=names,
        trajectory_ST=np.array([[1.0, 5.0, *([1.0] * len(sigmas))], [10.0, 4.0, *sigmas]]),
        mu_NL=np.zeros((2, 2), np.float32),
        logvar_NL=np.zeros((2, 2), np.float32),
        factors_NK=np.zeros((2, 5), np.int64),
        indices_N=np.arange(2),
        about={"created_s": 1.0},
        failed=failed,
    )


def by_model(plan, model):
    return next(training for training in plan.trainings if training.config.model == model)


def test_parameters_of_a_run_are_text_with_one_spelling(plan):
    params = run_params(by_model(plan, "beta_vae").config, 20)
    assert params["beta"] == "2.0"
    assert params["learning_rate"] == "0.0001"
    assert params["iterations"] == "20"
    assert params["dataset"] == "dsprites"


def test_the_name_of_a_run_shows_what_differs_from_defaults(plan):
    name = run_name(by_model(plan, "beta_vae").config, 20)
    assert name == "dsprites beta_vae beta=2 b64 lr0.0001 it20"


def test_a_run_of_weak_sigmas_carries_the_advice(plan):
    training = by_model(plan, "mdl_vae_strong")
    weak = run_to_publish(training, 10, grids=["g"], parent="p", milestone=milestone())
    assert "mdl_vae_weak" in weak.notes[layout.ADVICE]
    strong = run_to_publish(training, 10, grids=["g"], parent="p", milestone=milestone((0.4, 0.6)))
    assert layout.ADVICE not in strong.notes
    assert final_sigmas(milestone((0.4, 0.6))) == [0.4, 0.6]


def test_a_record_without_scores_is_a_failed_run_with_the_reason(plan):
    training = by_model(plan, "beta_vae")
    record = milestone(failed="latents hold inf", metrics={"valid/recon": 9.0})
    entry = run_to_publish(training, 10, grids=["g"], parent=None, milestone=record)
    assert (entry.status, entry.reason, entry.measures) == ("failed", "latents hold inf", ())


def test_jobs_come_longest_first(grid, plan, tmp_path):
    jobs = jobs_of(grid, plan.trainings, default_settings(tmp_path), 0)
    assert [job.config.batch_size for job in jobs] == [128, 128, 64, 64]
    assert {(job.cpu, job.gpu, job.threads) for job in jobs} == {(1.0, 0.0, 1)}


def test_trainings_take_a_gpu_only_where_there_is_one(grid, plan, tmp_path):
    jobs = jobs_of(grid, plan.trainings, default_settings(tmp_path), 2)
    assert {job.gpu for job in jobs} == {1.0}


def test_progress_counts_steps_and_estimates_the_time_left(plan):
    board = SweepProgress(plan.trainings)
    first, second, *_ = [training.training_id for training in plan.trainings]
    assert (board.steps_asked, board.eta_s()) == (80, None)
    board.add_event(
        TrainingEvent(first, "progress", iteration=10, losses={"recon": 5.0, "kl": 1.0})
    )
    board.add_event(TrainingEvent(second, "failed", reason="no"))
    assert (board.steps_done, board.num_ended()) == (10, 1)
    assert board.eta_s() >= 0


def test_a_display_without_a_terminal_prints_a_line_a_milestone(plan, capsys):
    board = SweepProgress(plan.trainings)
    first = plan.trainings[0].training_id
    with ProgressDisplay(board, Console(width=200)) as display:
        for event in (
            TrainingEvent(first, "progress", iteration=5),
            TrainingEvent(
                first, "progress", iteration=10, records={10: "x"}, scores={"measure/cbd": 0.25}
            ),
        ):
            board.add_event(event)
            display.show(event)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert "running 10/20" in lines[0] and "CbD 0.250" in lines[0]


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        ({}, 0),
        ({"num_left": 1}, 1),
        ({"failed": {"a": "no"}}, 1),
        ({"diverged": {"a": "no"}}, 1),
        ({"unpublished": 2}, 1),
        ({"interrupted": 130, "failed": {"a": "no"}}, 130),
    ],
)
def test_exit_codes(plan, outcome, code):
    assert Outcome(plan, **outcome).exit_code == code


def test_rounds_of_one_launch_add_up(plan):
    first = Outcome(plan, failed={"a": "no"}, diverged={"b": "no"}, num_left=3)
    both = first.followed_by(Outcome(plan, failed={"c": "no"}))
    assert (both.failed, both.diverged, both.num_left) == ({"a": "no", "c": "no"}, {"b": "no"}, 0)


def test_the_plan_as_lines_and_as_json(grid, plan):
    lines = "\n".join(plan_lines(plan, grid))
    assert "8 runs, 120 steps" in lines and "80 steps (40 saved)" in lines
    found = plan_json(plan, grid)
    keys = ("runs", "trainings", "steps_asked", "steps_to_run", "reused")
    assert [found[key] for key in keys] == [8, 4, 120, 80, 0]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "?"), (0.4, "0 s"), (59.6, "1 min 00 s"), (3900, "1 h 05 min"), (90_000, "1 d 01 h")],
)
def test_durations(seconds, text):
    assert format_duration(seconds) == text
