"""How far each training of a grid is, from MLflow and the sweep store."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rich.console import Console
from rich.table import Table

from sweeper.analysis.population import orphan_ids
from sweeper.analysis.study import row_of_run
from sweeper.grid import Grid
from sweeper.messages import counted
from sweeper.planning.plan import Plan, Training
from sweeper.planning.remaining import plan_grid
from sweeper.planning.settings import Settings
from sweeper.publishing.runs import run_name
from sweeper.store.folders import open_folder
from sweeper.tracking import layout
from sweeper.tracking.reading.reader import read_launches, stored_runs
from trainers.saving.records import find_records

_MAX_ORPHANS = 20  # that are printed


@dataclass(frozen=True)
class TrainingStatus:
    """One training. runs: number of its runs by status.  reached: the newest checkpoint."""

    training_id: str
    name: str
    runs: dict[str, int]
    reached: int
    last: int

    @property
    def complete(self) -> bool:
        return set(self.runs) <= {layout.FINISHED}


@dataclass(frozen=True)
class Status:
    """A grid. counts: runs by status, 'missing' and 'recorded' (not in MLflow yet) among them.

    orphans: {run id: settings} of stored runs that earlier launches of the grid asked for and that
    it no longer asks for. They are not counted."""

    grid: str
    counts: dict[str, int]
    trainings: tuple[TrainingStatus, ...]
    orphans: Mapping[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        return all(training.complete for training in self.trainings)

    def to_json(self) -> dict[str, Any]:
        return {
            "grid": self.grid,
            "runs": sum(self.counts.values()),
            **self.counts,
            "trainings": [vars(training) for training in self.trainings],
            "orphans": dict(self.orphans),
        }


def status_of_grid(grid: Grid, settings: Settings) -> Status:
    """The status of every training that a grid asks for, or that its search has proposed."""
    if grid.search is None:
        plan = plan_grid(grid, settings)
        return replace(status_of(plan, settings), orphans=_orphans(plan, settings))
    from sweeper.search.plan import plan_of_proposed

    return status_of(plan_of_proposed(grid, settings), settings)


def status_of(plan: Plan, settings: Settings) -> Status:
    """The status of every training of a plan."""
    trainings = tuple(_training(training, plan, settings) for training in plan.trainings)
    counts: Counter[str] = Counter()
    for training in trainings:
        counts.update(training.runs)
    return Status(plan.grid, dict(counts), trainings)


def _orphans(plan: Plan, settings: Settings) -> dict[str, str]:
    launches = read_launches(settings.tracking_uri)
    ids = orphan_ids(launches, plan.grid, plan.run_ids)
    if not ids:
        return {}
    names = ("dataset", "model", "batch_size", "learning_rate", "iterations", "seed")
    rows = map(row_of_run, stored_runs(settings.tracking_uri, ids).values())
    return {
        row["run_id"]: " ".join(str(row.get(name, "")) for name in names)
        for row in rows
        if row["run_id"] in ids
    }


def _training(training: Training, plan: Plan, settings: Settings) -> TrainingStatus:
    milestones = training.config.milestones
    reached = 0
    if not training.unresolved:
        folder = open_folder(settings.store, training.training_id)
        reached = max(find_records(folder).checkpoints, default=0)
    counts: Counter[str] = Counter()
    for iterations, run in zip(milestones, training.run_ids, strict=True):
        recorded = "recorded" if iterations in training.to_publish else "missing"
        counts[plan.statuses.get(run, "waiting" if training.unresolved else recorded)] += 1
    name = run_name(training.config, milestones[-1])
    return TrainingStatus(training.training_id, name, dict(counts), reached, milestones[-1])


def print_status(status: Status, console: Console) -> None:
    """Prints the totals, then a row for each training that is not complete."""
    total = sum(status.counts.values())
    parts = ", ".join(f"{count:,} {what}" for what, count in sorted(status.counts.items()))
    console.print(f"grid {status.grid}: {counted(total, 'run')}: {parts}", highlight=False)
    if status.orphans:
        console.print(
            f"no longer in the grid, and not counted: {counted(len(status.orphans), 'run')}"
        )
        for run_id, text in list(status.orphans.items())[:_MAX_ORPHANS]:
            console.print(f"  {run_id}  {text}", highlight=False)
        if len(status.orphans) > _MAX_ORPHANS:
            console.print(f"  and {len(status.orphans) - _MAX_ORPHANS:,} more: --json lists all")
    rows = [training for training in status.trainings if not training.complete]
    if not rows:
        return
    table = Table("training", "checkpoint", "of", "runs", box=None)
    for row in rows:
        runs = ", ".join(f"{count} {what}" for what, count in row.runs.items())
        table.add_row(row.name, f"{row.reached:,}", f"{row.last:,}", runs)
    console.print(table)
