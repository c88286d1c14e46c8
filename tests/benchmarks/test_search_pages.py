"""Searches replayed and schedules simulated: what their pages count."""

import pytest

from benchmarks import scheduling, search
from sweeper.cost.estimate import rough_step_s
from sweeper.grid import Grid, load_grid
from sweeper.planning.plan import make_plan


@pytest.fixture(scope="module")
def scores():
    return search.read_scores()


@pytest.fixture(scope="module")
def trainings():
    return list(make_plan(load_grid(search.GRID)).trainings)


def test_the_stored_scores_are_those_of_the_stored_grid(scores, trainings) -> None:
    asked = {search._key(t.config, m) for t in trainings for m in t.config.milestones}
    assert set(scores) == asked
    assert all(0 <= row["measure/cbd"] <= 1 for row in scores.values())


def test_a_list_is_trained_until_the_best_is_seen(scores, trainings) -> None:
    """The best lies in one training: seen at once where that is first, at last where last."""
    best = max(row["measure/cbd"] for row in scores.values())
    [(winner, seen)] = [
        (training, milestone)
        for training in trainings
        for milestone in training.config.milestones
        if scores[search._key(training.config, milestone)]["measure/cbd"] == best
    ]
    others = [training for training in trainings if training is not winner]
    near, first = search.Replay(scores, best).of_list([winner, *others])
    assert near.trainings == 1 and not first.missed
    assert (first.trainings, first.steps) == (1, seen)
    near, last = search.Replay(scores, best).of_list([*others, winner])
    assert near.steps <= last.steps
    assert last.trainings == len(trainings)
    assert last.steps == sum(training.steps_to_run for training in others) + seen


@pytest.mark.parametrize(("sampler", "pruner"), [("random", "none"), ("tpe", "median")])
def test_a_search_tries_no_more_than_the_grid(scores, trainings, sampler, pruner) -> None:
    """A score that no run has is never seen: every point is tried once, and the search ends."""
    found = search.Replay(scores, best=2.0).of_search(sampler, pruner, seed=0)[-1]
    assert found.missed
    assert found.trainings == len(trainings)
    whole = sum(training.steps_to_run for training in trainings)
    assert found.steps == whole if pruner == "none" else found.steps < whole


def test_the_engine_hands_out_the_longest_first() -> None:
    blocks = {
        "datasets": ["dsprites", "isaac3d"],
        "models": "vae",
        "axes": {"iterations": [10, 20], "batch_size": [64, 256]},
        "evaluation": {"measures": ["cbd"]},
    }
    plan = make_plan(Grid(**blocks, sharing=False))
    order = scheduling.given(plan)
    seconds = [t.steps_to_run * rough_step_s(t.config, "gpu") for t in order]
    assert len(order) == 8 and seconds == sorted(seconds, reverse=True)


def test_longest_first_ends_no_later_on_the_pages_own_sweep() -> None:
    sweep = scheduling.timed("few", make_plan(load_grid(search.GRID)))
    by_order = {
        order: float(scheduling.row(sweep, 100, order)[4])
        for order in ("grid order", "longest first")
    }
    assert by_order == {"grid order": 1.0, "longest first": 1.0}  # a worker for each training
