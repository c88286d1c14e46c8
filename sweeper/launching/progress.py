"""What a launch shows while it runs: a live table in a terminal or notebook, else plain lines."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sweeper.engine.jobs import TrainingEvent
from sweeper.messages import format_duration
from sweeper.planning.plan import Training
from sweeper.publishing.runs import run_name
from sweeper.tracking import layout

_ROWS = 12
_LINE_EVERY_S = 30.0
_ENDED = ("finished", "diverged", "failed", "stopped")


@dataclass
class TrainingProgress:
    """One training, as of its last event."""

    name: str
    start: int
    last: int
    iteration: int
    status: str = "waiting"
    losses: Mapping[str, float] = field(default_factory=dict)
    cbd: float | None = None


class SweepProgress:
    """How far the sweep is and how long it will take, by the engine's events."""

    def __init__(self, trainings: Iterable[Training]) -> None:
        self.rows: dict[str, TrainingProgress] = {}
        for training in trainings:
            self.add(training)
        self._started = time.monotonic()

    def add(self, training: Training) -> None:
        """A training that is going to run."""
        if training.todo and not training.unresolved:
            name, last = run_name(training.config, training.todo[-1]), training.todo[-1]
            row = TrainingProgress(name, training.resume_from, last, training.resume_from)
            self.rows.setdefault(training.training_id, row)

    def stop(self, training_id: str, iteration: int) -> None:
        """A training is stopped at `iteration`, before its last milestone."""
        row = self.rows[training_id]
        row.status, row.iteration, row.last = "stopped", iteration, iteration

    def add_event(self, event: TrainingEvent) -> None:
        row = self.rows[event.training_id]
        row.iteration = max(row.iteration, event.iteration)
        if row.status != "stopped":
            row.status = "running" if event.kind == "progress" else event.kind
        row.losses = event.losses or row.losses
        row.cbd = event.scores.get(layout.measure_key("cbd"), row.cbd)

    @property
    def steps_done(self) -> int:
        return sum(row.iteration - row.start for row in self.rows.values())

    @property
    def steps_asked(self) -> int:
        return sum(row.last - row.start for row in self.rows.values())

    def num_ended(self) -> int:
        """How many trainings have ended, for whatever reason."""
        return sum(row.status in _ENDED for row in self.rows.values())

    def eta_s(self) -> float | None:
        """Seconds left at the average speed so far, or None before the first step."""
        elapsed = time.monotonic() - self._started
        left = sum(r.last - r.iteration for r in self.rows.values() if _is_active(r))
        return elapsed * left / self.steps_done if self.steps_done else None


class ProgressDisplay:
    """Shows the progress; `note` sets a line at the bottom, about MLflow or a stop."""

    def __init__(self, progress: SweepProgress, console: Console) -> None:
        self._progress = progress
        self._console = console
        self._note = ""
        self._line_due = time.monotonic() + _LINE_EVERY_S
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._can_redraw = console.is_terminal or console.is_jupyter

    def __enter__(self) -> "ProgressDisplay":
        if self._can_redraw:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def note(self, text: str) -> None:
        self._note = text

    def show(self, event: TrainingEvent) -> None:
        """Shows the progress after `event` was added."""
        if self._can_redraw:
            self._live.update(self._renderable(), refresh=True)
        elif _is_notable(event) or time.monotonic() > self._line_due:
            self._line_due = time.monotonic() + _LINE_EVERY_S
            line = self._line(event) + (f"  ({event.reason})" if event.reason else "")
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _line(self, event: TrainingEvent) -> str:
        row = self._progress.rows[event.training_id]
        parts = [f"{row.name}: {row.status} {row.iteration}/{row.last}"]
        parts += [f"{name} {value:.2f}" for name, value in row.losses.items() if name != "total"]
        if row.cbd is not None:
            parts.append(f"CbD {row.cbd:.3f}")
        parts.append(
            f"{self._progress.num_ended()}/{len(self._progress.rows)} ended, {self._eta()} left"
        )
        return "  ".join(parts)

    def _eta(self) -> str:
        return format_duration(self._progress.eta_s())

    def _renderable(self) -> Group:
        table = Table(box=None, pad_edge=False)
        for title in ("training", "state", "iteration", "", "recon", "KL", "CbD"):
            table.add_column(title, justify="left" if title in ("training", "state") else "right")
        for row in self._shown():
            table.add_row(
                row.name,
                row.status,
                f"{row.iteration}/{row.last}",
                ProgressBar(total=row.last, completed=row.iteration, width=16),
                _number(row.losses.get("recon"), 2),
                _number(row.losses.get("kl"), 2),
                _number(row.cbd, 3),
            )
        progress = self._progress
        head = (
            f"{progress.num_ended()} of {len(progress.rows)} trainings ended, "
            f"{progress.steps_done:,} of {progress.steps_asked:,} steps, {self._eta()} left"
        )
        return Group(Text(head, style="bold"), table, Text(self._note, style="yellow"))

    def _shown(self) -> list[TrainingProgress]:
        """Running trainings first, then those that ended last, as far as they fit."""
        rows = list(self._progress.rows.values())
        running = [row for row in rows if row.status == "running"]
        ended = [row for row in rows if row.status not in ("running", "waiting")]
        free = max(0, _ROWS - len(running))
        return running[:_ROWS] + (ended[-free:] if free else [])


def _is_notable(event: TrainingEvent) -> bool:
    return bool(event.kind != "progress" or event.records or event.reason)


def _is_active(row: TrainingProgress) -> bool:
    return row.status in ("running", "waiting")


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
