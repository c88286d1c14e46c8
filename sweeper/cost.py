"""What a plan will cost in hours and money, before anything is started.

Speeds that were measured are used where there are any; the rest is a rough guess, and is called so.
The guess takes a step as a fixed part (the optimiser moves every weight) and a part for each image
of the batch. Its constants are orders of magnitude, for two CPU cores or one data-centre GPU."""

from collections.abc import Callable
from dataclasses import dataclass

from sweeper.grid import Grid
from sweeper.plan import Plan
from trainers.config import TrainingConfig
from trainers.specs.datasets import DATASETS

SecondsPerStep = Callable[[TrainingConfig], float | None]

# seconds per step: fixed, and for each image of 64x64 pixels
_ROUGH = {"cpu": (0.02, 2e-4), "gpu": (1e-3, 2e-6)}


@dataclass(frozen=True)
class Cost:
    """hours: of training, one training after the other.  wall_hours: with `slots` at a time.
    money: hours times the grid's price per GPU-hour and its GPUs per training, if there is a price.
    measured: the share of the hours that rests on measured speeds, 0 to 1."""

    hours: float
    wall_hours: float
    money: float | None
    budget: float | None
    measured: float

    @property
    def over_budget(self) -> bool:
        """Whether the money is more than the grid's budget."""
        return self.money is not None and self.budget is not None and self.money > self.budget


def estimate(
    plan: Plan,
    grid: Grid,
    *,
    device: str = "cpu",
    slots: int = 1,
    measured: SecondsPerStep | None = None,
) -> Cost:
    """The cost of what is left of a plan.

    device: 'cpu' or 'gpu', for the guess.  slots: trainings that run at a time.  measured: seconds
    per step of a training, as far as known."""
    known = guessed = longest = 0.0
    for training in plan.trainings:
        found = measured(training.config) if measured else None
        per_step = rough_seconds(training.config, device) if found is None else found
        seconds = training.steps_to_run * per_step
        longest = max(longest, seconds)
        known += 0.0 if found is None else seconds
        guessed += seconds if found is None else 0.0
    total = known + guessed
    gpus = (1.0 if device == "gpu" else 0.0) if grid.resources.gpu is None else grid.resources.gpu
    return Cost(
        hours=total / 3600,
        wall_hours=max(longest, total / max(slots, 1)) / 3600,
        money=None if grid.price is None else total / 3600 * gpus * grid.price.on_demand,
        budget=None if grid.budget is None else grid.budget.money,
        measured=known / total if total else 1.0,
    )


def rough_seconds(config: TrainingConfig, device: str) -> float:
    """Seconds per optimiser step, to an order of magnitude."""
    fixed, per_image = _ROUGH[device]
    spec = DATASETS.get(config.dataset)
    pixels = spec.image_CHW[1] * spec.image_CHW[2] if spec else 64 * 64
    return float(fixed + per_image * config.batch_size * pixels / 4096)
