"""Estimates hours and money of a plan before anything starts.

Measured speeds are used where available; the rest is a rough estimate, and is labelled as such. It
models a step as a fixed part (the optimiser updates every weight) and a part per image of the
batch. Its constants are orders of magnitude, for one CPU core or one data-centre GPU."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from sweeper.cost.machine import Slots, local_machine, slots_for
from sweeper.cost.makespan import longest_first, makespan
from sweeper.cost.speeds import Speed, Speeds
from sweeper.grid import Grid
from sweeper.planning.fused import fused_groups
from sweeper.planning.plan import Plan, Training
from trainers.config import TrainingConfig
from trainers.specs.datasets import DATASETS

_HOUR = 3600.0
# seconds per step: fixed, and per image of 64x64 pixels
_ROUGH = {"cpu": (0.02, 2e-4), "gpu": (1e-3, 2e-6)}
ROUGH_SCORE_S = 3.0  # of one milestone
_ROUGH_OPEN_S = 2.0
SESSION_S = 12.0  # start of Ray, import of torch, final table


@dataclass(frozen=True)
class ModelCost:
    """Cost of one model. hours: of training, one after the other.  naive: if every run were trained
    separately.  measured: how many of the hours are from speeds that launches measured; probed:
    from speeds that plans timed."""

    model: str
    runs: int
    trainings: int
    steps: int
    naive_steps: int
    hours: float
    naive_hours: float
    measured: float
    probed: float


@dataclass(frozen=True)
class Cost:
    """shares: of each model, in the plan's order.  wall_hours: with `slots.workers` trainings at
    a time.  rates: known prices of a GPU-hour by kind of machine.  budget: {'hours': .., ...}, the
    grid's limits."""

    shares: tuple[ModelCost, ...]
    wall_hours: float
    naive_wall_hours: float
    slots: Slots
    rates: Mapping[str, float]
    budget: Mapping[str, float]

    @property
    def hours(self) -> float:
        return sum(share.hours for share in self.shares)

    @property
    def naive_hours(self) -> float:
        return sum(share.naive_hours for share in self.shares)

    @property
    def measured(self) -> float:
        """The share of the hours that is from speeds that launches measured, 0 to 1."""
        known = sum(share.measured for share in self.shares)
        return known / self.hours if self.hours else 1.0

    @property
    def probed(self) -> float:
        """The share of the hours that is from speeds that plans timed, 0 to 1."""
        known = sum(share.probed for share in self.shares)
        return known / self.hours if self.hours else 0.0

    @property
    def gpu_hours(self) -> float:
        return self.hours * self.slots.gpu

    @property
    def money(self) -> float | None:
        """Cost at the first rate, or None without rates."""
        return None if self.rate is None else self.gpu_hours * self.rate

    @property
    def rate(self) -> float | None:
        """Price of a GPU-hour, the first of `rates`."""
        return next(iter(self.rates.values()), None)

    @property
    def over_budget(self) -> list[str]:
        """'money 12.40 of 9' for each limit that the estimate exceeds."""
        used = {"gpu_hours": self.gpu_hours, "money": self.money, "hours": self.wall_hours}
        return [
            f"{name.replace('_', '-')} {used[name]:,.2f} of {limit:g}"
            for name, limit in self.budget.items()
            if (used[name] or 0.0) > limit
        ]

    def to_json(self) -> dict[str, Any]:
        """The cost as JSON values."""
        return {
            "hours": self.hours,
            "wall_hours": self.wall_hours,
            "gpu_hours": self.gpu_hours,
            "money": self.money,
            "naive_hours": self.naive_hours,
            "naive_wall_hours": self.naive_wall_hours,
            "measured": self.measured,
            "probed": self.probed,
            "workers": self.slots.workers,
            "threads": self.slots.threads,
            "device": self.slots.device,
            "rates": dict(self.rates),
            "budget": dict(self.budget),
            "over_budget": self.over_budget,
            "models": [vars(share) for share in self.shares],
        }


def estimate(
    plan: Plan,
    grid: Grid,
    speeds: Speeds | None = None,
    *,
    slots: Slots | None = None,
    price: float | None = None,
    spot: bool = False,
    multiplier: float = 1.0,
) -> Cost:
    """The cost of the remaining part of a plan.

    speeds: measured ones.  slots: resources of trainings; None means this machine's.  price: of a
    GPU-hour, instead of the grid's; spot: use the grid's price of spot machines.  multiplier: of
    the plan's hours, for a plan that represents a search."""
    speeds = speeds or Speeds()
    slots = slots or slots_for(grid, local_machine(), len(plan.trainings))
    known = {t.training_id: speeds.of(t.config) for t in plan.trainings}
    ratio = _ratio_to_rough(plan, known, slots.device)
    alone, shares = [], []
    seconds_of: dict[str, float] = {}
    for model, trainings in _by_model(plan.trainings).items():
        own, naive, measured, probed = [], [], 0.0, 0.0
        for training in trainings:
            found = known[training.training_id]
            speed = found or _rough_speed(training.config, slots.device, ratio)
            seconds = speed.seconds(training.steps_to_run, len(training.todo))
            own.append(seconds)
            seconds_of[training.training_id] = seconds
            naive += [speed.seconds(milestone, 1) for milestone in training.config.milestones]
            if found:
                probed += found.probed * seconds
                measured += (not found.probed) * seconds
        alone += naive
        shares.append(
            ModelCost(
                model=model,
                runs=round(multiplier * sum(len(t.run_ids) for t in trainings)),
                trainings=round(multiplier * len(trainings)),
                steps=round(multiplier * sum(t.steps_to_run for t in trainings)),
                naive_steps=round(multiplier * sum(t.steps_asked for t in trainings)),
                hours=multiplier * sum(own) / _HOUR,
                naive_hours=multiplier * sum(naive) / _HOUR,
                measured=multiplier * measured / _HOUR,
                probed=multiplier * probed / _HOUR,
            )
        )
    groups = fused_groups(plan.trainings, grid.fused)
    shared = [sum(seconds_of[one.training_id] for one in group) for group in groups]
    return Cost(
        tuple(shares),
        wall_hours=_wall(shared, slots.workers, multiplier),
        naive_wall_hours=_wall(alone, slots.workers, multiplier),
        slots=slots,
        rates=_rates(grid, price, spot),
        budget=grid.budget.model_dump(exclude_none=True) if grid.budget else {},
    )


def _ratio_to_rough(plan: Plan, known: Mapping[str, Speed | None], device: str) -> float:
    """The median of what steps take relative to their rough estimate, where it is known; else 1."""
    ratios = [
        speed.step_s / rough_step_s(training.config, device)
        for training in plan.trainings
        if (speed := known[training.training_id])
    ]
    return median(ratios) if ratios else 1.0


def _rough_speed(config: TrainingConfig, device: str, ratio: float) -> Speed:
    return Speed(ratio * rough_step_s(config, device), ROUGH_SCORE_S, _ROUGH_OPEN_S)


def rough_step_s(config: TrainingConfig, device: str) -> float:
    """Seconds per optimiser step, to an order of magnitude."""
    fixed, per_image = _ROUGH[device]
    spec = DATASETS.get(config.dataset)
    pixels = spec.image_CHW[1] * spec.image_CHW[2] if spec else 64 * 64
    return float(fixed + per_image * config.batch_size * pixels / 4096)


def _by_model(trainings: Iterable[Training]) -> dict[str, list[Training]]:
    found: dict[str, list[Training]] = {}
    for training in trainings:
        found.setdefault(training.config.model, []).append(training)
    return found


def _wall(seconds: list[float], workers: int, multiplier: float) -> float:
    """Wall time in hours. With a multiplier, the work is divided evenly among the workers."""
    busy = [second for second in seconds if second]
    if not busy:
        return 0.0
    longest = makespan(longest_first(busy), workers)
    if multiplier != 1.0:
        longest = max(max(busy), multiplier * sum(busy) / workers)
    return (SESSION_S + longest) / _HOUR


def _rates(grid: Grid, price: float | None, spot: bool) -> dict[str, float]:
    if price is not None:
        return {"spot" if spot else "on demand": price}
    if grid.price is None:
        return {}
    rates = {"on demand": grid.price.on_demand}
    if grid.price.spot is not None:
        rates["spot"] = grid.price.spot
    return {"spot": grid.price.per_gpu_hour(True)} if spot else rates
