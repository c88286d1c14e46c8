"""What the launches of a grid have used of its budget.

Kept in the sweep store, so that a launch that resumes after a kill does not start at zero."""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sweeper.grid import Grid
from sweeper.planning.settings import Settings
from sweeper.store.address import local_folder
from trainers.files import write_then_rename

log = logging.getLogger(__name__)

_SAVE_EVERY_S = 5.0
_HOUR = 3600.0


@dataclass
class BudgetUse:
    """gpu_hours, hours: of earlier launches and this one.  rate: money for a GPU-hour, if known.
    gpu: what a training takes of a GPU, set once that is known."""

    path: Path
    gpu_hours_limit: float | None = None
    money_limit: float | None = None
    hours_limit: float | None = None
    rate: float | None = None
    gpu: float = 0.0
    gpu_hours: float = 0.0
    clock: Callable[[], float] = time.monotonic
    _earlier_hours: float = 0.0
    _last_event: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._started = self._saved = self.clock()

    @property
    def hours(self) -> float:
        return self._earlier_hours + (self.clock() - self._started) / _HOUR

    @property
    def money(self) -> float:
        return self.gpu_hours * (self.rate or 0.0)

    @property
    def exhausted(self) -> str:
        """Which limit is reached, as a message; '' below all limits."""
        for used, limit, unit in (
            (self.gpu_hours, self.gpu_hours_limit, "GPU-hours"),
            (self.money, self.money_limit, "of money"),
            (self.hours, self.hours_limit, "hours"),
        ):
            if limit is not None and used >= limit:
                return f"the budget of {limit:g} {unit} is used up"
        return ""

    def count_time(self, training_id: str, fused: int = 1) -> None:
        """Counts the time since the last event of a training, or since its start. fused: how many
        trainings share what it takes of a GPU."""
        now = self.clock()
        used = (now - self._last_event.get(training_id, now)) * self.gpu / fused
        self.gpu_hours += used / _HOUR
        self._last_event[training_id] = now
        if now - self._saved > _SAVE_EVERY_S:
            self.save()

    def save(self) -> None:
        """Writes the totals under a temporary name, then renames. On a full disk the totals since
        the last time are lost, and the launch continues."""
        self._saved = self.clock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with write_then_rename(self.path) as path:
                path.write_text(json.dumps({"gpu_hours": self.gpu_hours, "hours": self.hours}))
        except OSError as error:
            log.warning("%s cannot be written: %s", self.path, error.strerror)


def open_budget(
    grid: Grid, settings: Settings, clock: Callable[[], float] = time.monotonic
) -> BudgetUse:
    """What `grid` has used so far, from the sweep store."""
    budget = grid.budget
    use = BudgetUse(
        local_folder(settings.store) / "spending" / f"{grid.title}.json",
        gpu_hours_limit=budget.gpu_hours if budget else None,
        money_limit=budget.money if budget else None,
        hours_limit=budget.hours if budget else None,
        rate=_rate(grid, settings),
        clock=clock,
    )
    try:
        saved = json.loads(use.path.read_text())
        gpu_hours, hours = float(saved["gpu_hours"]), float(saved["hours"])
    except (OSError, ValueError, KeyError, TypeError):
        return use  # nothing was used yet, or the file is damaged
    use.gpu_hours, use._earlier_hours = gpu_hours, hours
    return use


def _rate(grid: Grid, settings: Settings) -> float | None:
    """Money for a GPU-hour, as far as it is known."""
    if settings.price is not None:
        return settings.price
    return grid.price.per_gpu_hour(settings.spot) if grid.price else None
