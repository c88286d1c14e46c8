"""Costs: hours from steps and speeds, money from hours."""

from dataclasses import replace

import pytest

from sweeper.cli.launch.consent import ask, reason_to_ask
from sweeper.cost.estimate import SESSION_S, estimate, rough_step_s
from sweeper.cost.machine import Machine, Slots, slots_for
from sweeper.cost.speeds import Speed, Speeds
from sweeper.cost.text import cost_lines
from sweeper.errors import UsageError
from sweeper.grid import Grid
from sweeper.planning.plan import make_plan

GRID = Grid(
    datasets="dsprites",
    models=["vae", "l_vae"],
    axes={"iterations": [18_000, 36_000]},
    resources={"gpu": 0.5},
    price={"on_demand": 2.0, "spot": 0.5},
    budget={"money": 9.0, "hours": 6},
)
GPU = Machine("a GPU", cpus=8, gpus=1)
ONE = Slots(GPU, "gpu", 0.5, 1, 1)


def known(grid: Grid = GRID, step_s: float = 0.5, models: tuple[str, ...] = (), **more) -> Speeds:
    found = Speeds()
    for training in make_plan(grid).trainings:
        if not models or training.config.model in models:
            found.add(training.config, Speed(step_s, **more))
    return found


def test_hours_are_steps_times_measured_seconds() -> None:
    """Two trainings of 36,000 steps at 0.5 s are 2 times 5 hours; half a GPU each, at 2 an hour."""
    cost = estimate(make_plan(GRID), GRID, known(), slots=ONE)
    assert (cost.hours, cost.gpu_hours, cost.money, cost.measured) == (10.0, 5.0, 10.0, 1.0)
    assert cost.wall_hours == pytest.approx(10 + SESSION_S / 3600)
    assert cost.over_budget == ["money 10.00 of 9", "hours 10.00 of 6"]


def test_each_run_alone_costs_its_own_steps() -> None:
    """18,000 and 36,000 steps for each of two models, in place of 36,000."""
    cost = estimate(make_plan(GRID), GRID, known(), slots=ONE)
    assert cost.naive_hours == 15.0
    assert [(share.model, share.hours, share.naive_hours) for share in cost.shares] == [
        ("vae", 5.0, 7.5),
        ("l_vae", 5.0, 7.5),
    ]


def test_milestones_openings_and_checkpoints_take_time_too() -> None:
    speeds = known(step_s=0.0, score_s=360.0, open_s=36.0, close_s=36.0)
    cost = estimate(make_plan(GRID), GRID, speeds, slots=ONE)
    assert cost.hours == pytest.approx(2 * (2 * 360 + 36 + 36) / 3600)
    assert cost.naive_hours == pytest.approx(4 * (360 + 36 + 36) / 3600)


def test_workers_shorten_the_wall_but_not_below_the_longest_training() -> None:
    def hours(workers: int) -> float:
        slots = Slots(GPU, "gpu", 0.5, 1, workers)
        cost = estimate(make_plan(GRID), GRID, known(), slots=slots)
        return cost.wall_hours - SESSION_S / 3600

    assert (hours(1), hours(2), hours(8)) == pytest.approx((10.0, 5.0, 5.0))


def test_what_is_not_measured_is_estimated_and_marked() -> None:
    """vae and l_vae are of one kind; the batch sizes differ here."""
    grid = Grid(
        datasets="dsprites",
        models=["vae", {"factor_vae": {}}],
        axes={"iterations": 36_000},
    )
    cost = estimate(make_plan(grid), grid, known(grid, models=("vae",)), slots=ONE)
    assert 5.0 / cost.hours == pytest.approx(cost.measured) and cost.measured < 1
    assert any("% measured, " in line and "% rough estimate" in line for line in cost_lines(cost))


def test_a_finished_plan_costs_nothing() -> None:
    plan = make_plan(GRID)
    done = plan.with_progress(dict.fromkeys(plan.run_ids, "finished"), {})
    cost = estimate(done, GRID, slots=ONE)
    assert (cost.hours, cost.money, cost.measured, cost.over_budget) == (0, 0, 1.0, [])
    assert cost.wall_hours == 0 and cost_lines(cost) == []


def test_prices_are_those_of_the_grid_unless_given() -> None:
    plan = make_plan(GRID)
    assert estimate(plan, GRID, slots=ONE).rates == {"on demand": 2.0, "spot": 0.5}
    assert estimate(plan, GRID, slots=ONE, spot=True).rates == {"spot": 0.5}
    assert estimate(plan, GRID, slots=ONE, price=3.0).rates == {"on demand": 3.0}
    lines = cost_lines(estimate(plan, GRID, known(), slots=ONE))
    assert "  money      10.00 on demand, at 2 per GPU-hour (15.00 without sharing)" in lines
    assert "  money      2.50 spot, at 0.5 per GPU-hour (3.75 without sharing)" in lines


def test_the_guess_grows_with_batch_and_pixels() -> None:
    def seconds(dataset: str, batch: int) -> float:
        grid = Grid(datasets=dataset, models="vae", axes={"iterations": 1, "batch_size": batch})
        return rough_step_s(make_plan(grid).trainings[0].config, "gpu")

    assert seconds("dsprites", 64) < seconds("dsprites", 128) < seconds("isaac3d", 128)


@pytest.mark.parametrize(
    ("resources", "machine", "workers"),
    [
        ({}, Machine("c", 2), 2),
        ({"cpu": 2}, Machine("c", 8), 4),
        ({"cpu": 0.5}, Machine("c", 2), 4),
        ({"cpu": 4}, Machine("c", 2), 1),
        ({"max_concurrent": 3}, Machine("c", 16), 3),
        ({}, Machine("g", 16, 4), 4),
        ({"gpu": 0.25}, Machine("g", 16, 2), 8),
        ({"gpu": 0.4}, Machine("g", 16, 2), 4),
        ({"gpu": 2}, Machine("g", 16, 4), 2),
        ({"gpu": 0}, Machine("g", 3, 4), 3),
        ({}, Machine("c", 64), 20),
    ],
)
def test_trainings_at_a_time_are_what_fits(resources, machine, workers) -> None:
    grid = Grid(datasets="dsprites", models="vae", axes={"iterations": 1}, resources=resources)
    assert slots_for(grid, machine, 20).workers == workers
    assert slots_for(grid, machine, 20, workers=7).workers == 7


def test_nobody_is_asked_below_the_thresholds() -> None:
    cost = replace(estimate(make_plan(GRID), GRID, known(), slots=ONE), budget={})
    assert reason_to_ask(cost) == ""
    assert reason_to_ask(replace(cost, budget={"hours": 9})) == "about 10 h 00 min"
    assert reason_to_ask(replace(cost, budget={"hours": 9}), on_cluster=True) == ""
    both = replace(cost, budget={"hours": 9, "money": 5})
    assert reason_to_ask(both) == "about 10 h 00 min and 10.00 of money"


def test_a_budget_above_the_defaults_is_consent() -> None:
    cost = estimate(make_plan(GRID), GRID, known(), slots=ONE)
    long = replace(cost, wall_hours=60.0, budget={})
    assert reason_to_ask(long) == "about 2 d 12 h"
    assert reason_to_ask(replace(long, budget={"hours": 100})) == ""


def test_without_a_terminal_a_long_sweep_needs_yes(monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    ask("")
    with pytest.raises(UsageError, match="To start it: --yes, or a `budget`"):
        ask("about 3 d 00 h")


@pytest.mark.parametrize(("answer", "starts"), [("y\n", True), ("Yes\n", True), ("\n", False)])
def test_at_a_terminal_only_yes_starts_it(monkeypatch, answer, starts) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return answer

    monkeypatch.setattr("sys.stdin", Terminal())
    if starts:
        ask("about 3 d 00 h")
    else:
        with pytest.raises(UsageError, match="nothing was started"):
            ask("about 3 d 00 h")
