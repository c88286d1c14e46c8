"""What a grid will take: its plan or its search, and the cost of what is left."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweeper.cost.estimate import Cost, estimate
from sweeper.cost.machine import Slots, local_machine, slots_for
from sweeper.cost.speeds import Speed, read_speeds
from sweeper.cost.text import plan_json, plan_lines
from sweeper.errors import UsageError
from sweeper.grid import Grid
from sweeper.planning.plan import Plan
from sweeper.planning.remaining import plan_grid
from sweeper.planning.settings import Settings
from trainers.config import TrainingConfig

_MANY = 10**6


@dataclass(frozen=True)
class ForecastOptions:
    """What the command line adds. price: money for a GPU-hour.  spot: the grid's price of spot
    machines.  workers: trainings at a time.  calibrate: time each kind first; tell: told of it."""

    price: float | None = None
    spot: bool = False
    workers: int | None = None
    calibrate: bool = False
    on_message: Callable[[str], None] = lambda line: None


@dataclass(frozen=True)
class Forecast:
    """lines: for the terminal.  json: the same as plain values."""

    cost: Cost
    lines: list[str]
    json: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return self.json


def forecast(
    grid: Grid, setting: Settings, asked: ForecastOptions | None = None, plan: Plan | None = None
) -> Forecast:
    """plan: the plan, if it is made already.

    Raises GridError, UsageError, TrackingError; EngineError where a training cannot be timed."""
    asked = asked or ForecastOptions()
    if asked.spot and asked.price is None and (grid.price is None or grid.price.spot is None):
        raise UsageError(f"--spot: {grid.origin.file} has no price.spot; give --price")
    if grid.search is not None:
        return _of_search(grid, setting, asked)
    plan = plan or plan_grid(grid, setting)
    cost = _cost(grid, setting, asked, plan, len([t for t in plan.trainings if t.todo]), 1.0)
    return Forecast(cost, plan_lines(plan, grid, cost), plan_json(plan, grid, cost))


def _of_search(grid: Grid, setting: Settings, asked: ForecastOptions) -> Forecast:
    from sweeper.search.plan import plan_search, search_lines

    found = plan_search(grid, setting)
    cost = _cost(grid, setting, asked, found.sample, _MANY, found.multiplier)
    json = {**found.to_json(), "estimate": cost.to_json()}
    return Forecast(cost, list(search_lines(found, grid, cost)), json)


def _cost(
    grid: Grid, setting: Settings, asked: ForecastOptions, plan: Plan, trainings: int, times: float
) -> Cost:
    slots = slots_for(grid, local_machine(), trainings, asked.workers)
    if asked.calibrate:
        _calibrate(grid, setting, asked, plan, slots)
    speeds = read_speeds(setting.store, slots)
    return estimate(
        plan, grid, speeds, slots=slots, price=asked.price, spot=asked.spot, multiplier=times
    )


def _calibrate(
    grid: Grid, setting: Settings, asked: ForecastOptions, plan: Plan, slots: Slots
) -> None:
    from sweeper.cost.calibration import calibrate, training_kinds

    asked.on_message(
        f"timing {len(training_kinds(plan))} kinds of training, {slots.workers} at a time"
    )

    def told(config: TrainingConfig, speed: Speed) -> None:
        asked.on_message(
            f"  {config.dataset} {config.network} batch {config.batch_size}: "
            f"{1000 * speed.step_s:.1f} ms a step, {speed.score_s:.1f} s a milestone"
        )

    calibrate(plan, grid, slots, setting.store, Path(setting.data_dir), on_kind=told)
