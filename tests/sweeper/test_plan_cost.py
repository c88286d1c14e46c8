"""Costs: hours from steps and speeds, money from hours."""

import pytest

from sweeper.cost import estimate, rough_seconds
from sweeper.grid import Grid
from sweeper.plan import make_plan

GRID = Grid(
    datasets="dsprites",
    models=["vae", "l_vae"],
    axes={"iterations": [18_000, 36_000]},
    resources={"gpu": 0.5},
    price=2.0,
    budget=9.0,
)


def test_hours_are_steps_times_measured_seconds() -> None:
    """Two trainings of 36,000 steps at 0.5 s are 2 times 5 hours."""
    cost = estimate(make_plan(GRID), GRID, measured=lambda config: 0.5)
    assert (cost.hours, cost.wall_hours, cost.measured) == (10.0, 10.0, 1.0)
    assert (cost.money, cost.over_budget) == (10.0, True)


def test_slots_shorten_the_wall_but_not_below_the_longest_training() -> None:
    def cost(slots: int) -> float:
        return estimate(make_plan(GRID), GRID, slots=slots, measured=lambda config: 0.5).wall_hours

    assert (cost(1), cost(2), cost(8)) == (10.0, 5.0, 5.0)


def test_what_is_not_measured_is_guessed_and_said_so() -> None:
    def known(config: object) -> float | None:
        return 0.5 if getattr(config, "model", "") == "vae" else None

    cost = estimate(make_plan(GRID), GRID, measured=known)
    guessed = 36_000 * rough_seconds(make_plan(GRID).trainings[1].config, "cpu") / 3600
    assert cost.hours == pytest.approx(5.0 + guessed)
    assert cost.measured == pytest.approx(5.0 / (5.0 + guessed))


def test_a_finished_plan_costs_nothing() -> None:
    plan = make_plan(GRID)
    cost = estimate(plan.with_progress(dict.fromkeys(plan.run_ids, "finished"), {}), GRID)
    assert (cost.hours, cost.money, cost.measured, cost.over_budget) == (0, 0, 1.0, False)


def test_the_guess_grows_with_batch_and_pixels() -> None:
    def seconds(dataset: str, batch: int) -> float:
        grid = Grid(datasets=dataset, models="vae", axes={"iterations": 1, "batch_size": batch})
        return rough_seconds(make_plan(grid).trainings[0].config, "gpu")

    assert seconds("dsprites", 64) < seconds("dsprites", 128) < seconds("isaac3d", 128)
