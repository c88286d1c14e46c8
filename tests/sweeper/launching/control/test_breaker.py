"""A launch whose first trainings all fail alike ends, instead of failing 500 times."""

import pytest

from sweeper.engine.jobs import TrainingEvent
from sweeper.grid import Grid
from sweeper.launching.control.breaker import Breaker


def failed(reason):
    return TrainingEvent("0" * 16, "failed", reason=reason)


def tripped(limit, *events):
    breaker = Breaker(limit)
    for event in events:
        breaker.add_event(event)
    return bool(breaker.reason)


SAME = [
    failed(f"FileNotFoundError: /data/{n:016x}/x.h5 at 0x7f{n:06x}, line {n}") for n in range(9)
]
PROGRESS = TrainingEvent("1" * 16, "progress", 5)
MILESTONE = TrainingEvent("1" * 16, "progress", 10, records={10: "x"})
FINISHED = TrainingEvent("1" * 16, "finished", 20)
DIVERGED = TrainingEvent("1" * 16, "diverged", reason="recon was not finite")


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (SAME[:4], False),
        (SAME[:5], True),
        ([PROGRESS, *SAME[:5]], True),
        ([DIVERGED, *SAME[:5]], True),
        ([DIVERGED] * 9, False),
        ([MILESTONE, *SAME], False),
        ([FINISHED, *SAME], False),
        ([*SAME[:4], MILESTONE, *SAME[4:]], False),
        ([*SAME[:4], failed("out of memory")], False),
        ([failed("out of memory"), *SAME], False),
        ([*SAME[:4], PROGRESS, SAME[4]], True),
    ],
)
def test_only_failures_alike_without_any_success_end_a_launch(events, expected):
    assert tripped(5, *events) is expected


def test_zero_is_never():
    assert not tripped(0, *SAME)


def grid(**resources):
    return Grid(
        name="s",
        datasets="dsprites",
        models=["vae"],
        axes={"batch_size": 4, "learning_rate": [1e-3, 1e-4], "iterations": [2, 4]},
        seeds=(0, 1, 2, 3),
        resources=resources,
    )


def test_a_launch_ends_after_five_failures_and_says_why(engine, launched):
    engine.fails = True
    outcome, text = launched(grid())
    assert len(engine.trained) == 5
    assert outcome.exit_code == 1 and outcome.interrupted == 0
    assert outcome.mlflow_state == "FAILED"
    assert (len(outcome.failed), outcome.num_left) == (10, 6)
    [line] = [line for line in text.splitlines() if "failed alike" in line]
    assert "no memory" in line and "max_failures_alike: 0" in line
    assert "To resume: " in text


def test_the_limit_is_the_grids(engine, launched):
    engine.fails = True
    launched(grid(max_failures_alike=0))
    assert len(engine.trained) == 8


def test_the_same_command_resumes(engine, launched):
    engine.fails = True
    launched(grid())
    engine.fails = False
    outcome, _ = launched(grid(), retry="failed")
    assert (outcome.exit_code, outcome.num_done) == (0, 16)
