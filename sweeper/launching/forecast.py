"""What a grid will cost: its plan or its search, and the time and money for what is left."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweeper.cost.estimate import Cost, estimate
from sweeper.cost.machine import Slots, local_machine, slots_for
from sweeper.cost.speeds import Speed, Speeds, read_speeds, write_speeds
from sweeper.cost.text import plan_json, plan_lines
from sweeper.errors import UsageError
from sweeper.grid import Grid
from sweeper.messages import counted
from sweeper.planning.plan import Plan
from sweeper.planning.remaining import plan_grid
from sweeper.planning.settings import Settings
from sweeper.store.address import local_folder
from trainers.config import TrainingConfig

_MANY = 10**6  # trainings of a search: more than any machine runs at a time


@dataclass(frozen=True)
class ForecastOptions:
    """workers: trainings at a time; None: as many as fit.  calibrate: time each kind first.
    probe: time for a moment the kinds that have no known speed.  on_message: called with lines
    about that."""

    workers: int | None = None
    calibrate: bool = False
    probe: bool = False
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
    grid: Grid,
    settings: Settings,
    options: ForecastOptions | None = None,
    plan: Plan | None = None,
) -> Forecast:
    """plan: the plan, if it is made already.

    Raises GridError, UsageError, TrackingError; EngineError where a training cannot be timed."""
    options = options or ForecastOptions()
    if settings.spot and settings.price is None and (grid.price is None or grid.price.spot is None):
        raise UsageError(f"--spot: {grid.origin.file} has no price.spot; give --price")
    if grid.search is not None:
        return _of_search(grid, settings, options)
    plan = plan or plan_grid(grid, settings)
    cost = _cost(grid, settings, options, plan, len([t for t in plan.trainings if t.todo]), 1.0)
    return Forecast(cost, plan_lines(plan, grid, cost), plan_json(plan, grid, cost))


def _of_search(grid: Grid, settings: Settings, options: ForecastOptions) -> Forecast:
    from sweeper.search.plan import plan_search, search_lines

    found = plan_search(grid, settings)
    cost = _cost(grid, settings, options, found.sample, _MANY, found.multiplier)
    json = {**found.to_json(), "estimate": cost.to_json()}
    return Forecast(cost, list(search_lines(found, grid, cost)), json)


def _cost(
    grid: Grid,
    settings: Settings,
    options: ForecastOptions,
    plan: Plan,
    num_trainings: int,
    multiplier: float,
) -> Cost:
    workers = options.workers or (1 if settings.engine == "local" else None)
    machine = local_machine()
    slots = slots_for(grid, machine, num_trainings, workers)
    fit = slots_for(grid, machine, num_trainings)
    here = slots if slots.workers < fit.workers else fit  # what can be timed on this machine
    if options.calibrate:
        _calibrate(grid, settings, options, plan, here)
    elif options.probe:
        _probe(grid, settings, options, plan, here)
    speeds = _known_speeds(settings.store, slots)
    return estimate(
        plan,
        grid,
        speeds,
        slots=slots,
        price=settings.price,
        spot=settings.spot,
        multiplier=multiplier,
    )


def _known_speeds(store: str, slots: Slots) -> Speeds:
    """Measured by launches, else timed by plans; with as many workers, else with the nearest
    number."""
    from sweeper.cost.probe import probed_speeds

    found = Speeds()
    for exact in (False, True):
        found.update(probed_speeds(slots, exact=exact))
        found.update(read_speeds(store, slots, exact=exact))
    return found


def _probe(
    grid: Grid, settings: Settings, options: ForecastOptions, plan: Plan, slots: Slots
) -> None:
    from sweeper.analysis.rule import keep_rule
    from sweeper.cost.probe import probe, probed_speeds

    known = probed_speeds(slots, exact=True)
    known.update(read_speeds(settings.store, slots, exact=True))
    probe(plan, slots, known, Path(settings.data_dir), keep_rule(grid), options.on_message)


def _calibrate(
    grid: Grid, settings: Settings, options: ForecastOptions, plan: Plan, slots: Slots
) -> None:
    from sweeper.analysis.rule import keep_rule
    from sweeper.cost.calibration import Conditions, calibrate, training_kinds

    kinds = training_kinds(plan)
    count = counted(len(kinds), "kind")
    options.on_message(f"timing {count} of training, {slots.workers} at a time")

    def report(config: TrainingConfig, speed: Speed) -> None:
        options.on_message(
            f"  {config.dataset} {config.network} batch {config.batch_size}: "
            f"{1000 * speed.step_s:.1f} ms a step, {speed.score_s:.1f} s a milestone"
        )

    folder = local_folder(settings.store)
    given = Conditions(slots, folder, Path(settings.data_dir), keep_rule(grid))
    found = calibrate(kinds, given, on_kind=report)
    write_speeds(settings.store, slots, found)
