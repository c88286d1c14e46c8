"""Speeds measured during a launch, from the times between two events of a training."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import fmean

from sweeper.cost.machine import Slots, local_machine, slots_for
from sweeper.cost.speeds import Speed, Speeds, kind_of, read_speeds, write_speeds
from sweeper.engine.jobs import TrainingEvent
from sweeper.grid import Grid
from sweeper.planning.plan import Training
from trainers.config import TrainingConfig

log = logging.getLogger(__name__)

_FEWEST = 20  # steps that a speed rests on


@dataclass
class _Timing:
    config: TrainingConfig
    steps: int = 0
    seconds: float = 0.0
    scored: list[tuple[float, int]] = field(default_factory=list)


@dataclass
class SpeedMeter:
    """Measures speeds from events. known: earlier speeds, for what events do not show.
    store, slots: where and for which number of workers the speeds are kept."""

    known: Speeds
    store: str = ""
    slots: Slots | None = None
    clock: Callable[[], float] = time.monotonic
    _accounts: dict[tuple[str, int], _Timing] = field(default_factory=dict)
    _last: dict[str, tuple[float, int]] = field(default_factory=dict)

    def add_event(self, event: TrainingEvent, training: Training) -> None:
        """Counts the time since the training's last event, if both are of one attempt."""
        now = self.clock()
        before, start = self._last.get(event.training_id, (now, -1))
        self._last[event.training_id] = (now, event.iteration)
        steps = event.iteration - start
        if start < 0 or steps <= 0 or event.kind in ("failed", "diverged"):
            return
        seconds = (now - before) / event.fused
        key = (kind_of(training.config), training.config.batch_size)
        account = self._accounts.setdefault(key, _Timing(training.config))
        if event.records:
            account.scored.append((seconds, steps))
        else:
            account.steps += steps
            account.seconds += seconds

    def save(self) -> None:
        """Writes what was measured into the store."""
        if self.slots is None:
            return
        try:
            write_speeds(self.store, self.slots, self.speeds())
        except OSError as error:  # speeds are a help, not a result
            log.warning("the measured speeds cannot be kept: %s", error)

    def speeds(self) -> Iterable[tuple[TrainingConfig, Speed]]:
        """What was measured well enough. Opening and closing are taken from what is known."""
        for account in self._accounts.values():
            earlier = self.known.of(account.config)
            if account.steps < _FEWEST or not account.scored:
                continue
            step_s = account.seconds / account.steps
            score_s = fmean(max(0.0, s - steps * step_s) for s, steps in account.scored)
            open_s, close_s = (earlier.open_s, earlier.close_s) if earlier else (2.0, 0.0)
            yield account.config, Speed(step_s, score_s, open_s, close_s)


def open_meter(
    grid: Grid, store: str, num_trainings: int, max_workers: int | None = None
) -> SpeedMeter:
    """A meter for a launch on this machine. max_workers: of the engine; None: as many as fit."""
    slots = slots_for(grid, local_machine(), num_trainings, max_workers)
    return SpeedMeter(read_speeds(store, slots), store, slots)
