"""A plan: what a grid asks for, what of that exists already, and what is left to train.

Runs that differ only in their iterations are milestones of one training."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sweeper.errors import UsageError
from sweeper.grid import Grid
from sweeper.ids import id_of
from sweeper.planning.cells import (
    Cell,
    ExpansionOptions,
    NeedsSecondModel,
    ResolveLearned,
    UseSynthetic,
    expand,
)
from trainers.config import TrainingConfig

FINISHED, DIVERGED = "finished", "diverged"
MIN_POINTS = 10
SETTLED = (FINISHED, DIVERGED)  # training them again would end the same way


@dataclass(frozen=True)
class StoredProgress:
    """What a store holds of a training.

    checkpoints: iterations from which it can continue.  recorded: milestones that have a record,
    whether or not MLflow has it."""

    checkpoints: frozenset[int] = frozenset()
    recorded: frozenset[int] = frozenset()


_NO_PROGRESS = StoredProgress()


@dataclass(frozen=True)
class Training:
    """One optimisation and what is left of it.

    config.milestones: every milestone requested, ascending; `run_ids` has the id of each.
    todo: milestones still to be trained and scored.  to_publish: milestones that are recorded in
    the store and that MLflow lacks.  checkpoints: those from which it can continue, in iterations.
    unresolved: learned values that are not known yet; until then the training cannot start."""

    training_id: str
    config: TrainingConfig
    run_ids: tuple[str, ...]
    todo: tuple[int, ...]
    to_publish: tuple[int, ...] = ()
    checkpoints: frozenset[int] = frozenset()
    unresolved: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether there is something to train, and nothing that must be known first."""
        return bool(self.todo and not self.unresolved)

    @property
    def resume_from(self) -> int:
        """The checkpoint to continue from, in iterations; 0 for the start."""
        return max(self.checkpoints, default=0)

    def run_id_at(self, iterations: int) -> str:
        """The run of one of its milestones."""
        return self.run_ids[self.config.milestones.index(iterations)]

    @property
    def is_untouched(self) -> bool:
        """Whether nothing of it is done."""
        return self.todo == self.config.milestones and not self.resume_from

    @property
    def steps_asked(self) -> int:
        """Optimiser steps if each run were trained by itself."""
        return sum(self.config.milestones)

    @property
    def steps_to_run(self) -> int:
        """Optimiser steps that are left."""
        return self.todo[-1] - self.resume_from if self.todo else 0

    def to_json(self) -> dict[str, Any]:
        """The training as plain JSON values."""
        return {
            "training_id": self.training_id,
            "config": self.config.to_dict(),
            "run_ids": list(self.run_ids),
            "todo": list(self.todo),
            "to_publish": list(self.to_publish),
            "start": self.resume_from,
            "waiting": list(self.unresolved),
        }


@dataclass(frozen=True)
class Plan:
    """grid: the grid's name.  grid_id: equal for launches of equal grids expanded alike.
    cells: each run as each entry asks for it, in the order of the grid.  statuses: of the runs
    that ended, by run id."""

    grid: str
    grid_id: str
    cells: tuple[Cell, ...]
    trainings: tuple[Training, ...]
    statuses: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def run_ids(self) -> tuple[str, ...]:
        """Distinct runs, in the order of the grid."""
        return tuple(dict.fromkeys(cell.run_id for cell in self.cells))

    @property
    def runs(self) -> int:
        """How many distinct runs are asked for."""
        return len(self.run_ids)

    @property
    def reused(self) -> int:
        """Runs that are finished already."""
        return self._count(FINISHED)

    @property
    def diverged(self) -> int:
        """Runs that are known to diverge; they are not trained again."""
        return self._count(DIVERGED)

    @property
    def unresolved(self) -> int:
        """Runs that need a value which another grid has yet to learn."""
        return len({cell.run_id for cell in self.cells if cell.unresolved})

    @property
    def steps_asked(self) -> int:
        """Optimiser steps if each run were trained by itself."""
        return sum(training.steps_asked for training in self.trainings)

    @property
    def steps_to_run(self) -> int:
        """Optimiser steps that are left, unresolved trainings included."""
        return sum(training.steps_to_run for training in self.trainings)

    def with_progress(
        self, finished: Mapping[str, str], records: Mapping[str, StoredProgress]
    ) -> "Plan":
        """The plan without what is done. finished: 'finished', 'diverged' or 'failed' by run id.
        records: what the store holds, by training id. Failed runs are trained again."""
        trainings = (
            _remaining(training, finished, records.get(training.training_id, _NO_PROGRESS))
            for training in self.trainings
        )
        return replace(self, trainings=tuple(trainings), statuses=dict(finished))

    def to_json(self) -> dict[str, Any]:
        """The plan as `plan.json` holds it."""
        return {
            "grid": self.grid,
            "grid_id": self.grid_id,
            **self.summary(),
            "cells": [cell.to_json() for cell in self.cells],
        }

    def summary(self) -> dict[str, Any]:
        """The numbers of the plan, and its warnings."""
        return {
            "runs": self.runs,
            "trainings": len(self.trainings),
            "steps_asked": self.steps_asked,
            "steps_to_run": self.steps_to_run,
            "reused": self.reused,
            "diverged": self.diverged,
            "waiting": self.unresolved,
            "warnings": list(self.warnings),
        }

    def _count(self, status: str) -> int:
        return sum(self.statuses.get(run) == status for run in self.run_ids)


def make_plan(
    grid: Grid,
    *,
    scale: float = 1.0,
    points: int | None = None,
    use_synthetic: UseSynthetic | None = None,
    resolve: ResolveLearned | None = None,
    needs_second_model: NeedsSecondModel | None = None,
    finished: Mapping[str, str] | None = None,
    records: Mapping[str, StoredProgress] | None = None,
) -> Plan:
    """The plan of a grid.

    scale: multiplies every iteration count, rounded up, at least 1.
    points: images that a milestone is scored on, in place of the grid's `num_points`; by default
    fewer than those where scale is below 1 (`scoring.REHEARSAL_POINTS`).
    use_synthetic: whether to use synthetic data for a dataset whose published file is missing.
    resolve: (learned value, dataset) -> number, or None while it is not known.
    needs_second_model: whether the run of this id, of the first model of an alias
    (`mdl_vae_auto`), shows that the second is to be trained instead; None while it is not known.
    finished, records: see `Plan.with_progress`.
    Raises GridError for what cannot be run, UsageError for a scale that is not above 0."""
    if not 0 < scale < float("inf"):
        raise UsageError(f"--scale {scale}: a number above 0 is needed.")
    if points is not None and points < MIN_POINTS:
        raise UsageError(f"--points {points}: at least {MIN_POINTS} are needed.")
    options = ExpansionOptions(scale, points, use_synthetic, resolve, needs_second_model)
    cells, warnings = expand(grid, options)
    warnings = [*grid.origin.warnings, *warnings]
    plan = plan_from_cells(grid.title, grid_id(grid, scale, cells, points), cells, warnings)
    return plan.with_progress(finished or {}, records or {})


def plan_from_cells(
    name: str, identity: str, cells: Iterable[Cell], warnings: Iterable[str] = ()
) -> Plan:
    """A plan of given cells, with nothing done yet."""
    kept = tuple(cells)
    by_training: dict[str, list[Cell]] = {}
    for cell in kept:
        by_training.setdefault(cell.training_id, []).append(cell)
    trainings = (_training_from_cells(identity, group) for identity, group in by_training.items())
    return Plan(name, identity, kept, tuple(trainings), {}, tuple(warnings))


def grid_id(grid: Grid, scale: float, cells: Iterable[Cell], points: int | None = None) -> str:
    """Equal for launches that ask for the same runs; learned values do not matter."""
    sources = sorted({(cell.config.dataset, cell.config.source) for cell in cells})
    taken = {"name": grid.title, "grid": grid.requested(), "scale": scale, "sources": sources}
    return id_of(taken if points is None else {**taken, "points": points})


def _training_from_cells(identity: str, cells: list[Cell]) -> Training:
    """The training that gives all of these cells."""
    runs = dict(sorted({cell.iterations: cell.run_id for cell in cells}.items()))
    config = cells[0].config
    if config.milestones != tuple(runs):
        config = replace(config, milestones=tuple(runs))
    return Training(
        training_id=identity,
        config=config,
        run_ids=tuple(runs.values()),
        todo=config.milestones,
        unresolved=cells[0].unresolved,
    )


def _remaining(training: Training, finished: Mapping[str, str], store: StoredProgress) -> Training:
    """What is left of a training. A checkpoint beyond the first missing milestone is of no use."""
    if (
        training.is_untouched
        and store is _NO_PROGRESS
        and finished.keys().isdisjoint(training.run_ids)
    ):
        return training  # thousands of these are common
    runs = zip(training.config.milestones, training.run_ids, strict=True)
    missing = [iterations for iterations, run in runs if finished.get(run) not in SETTLED]
    todo = tuple(iterations for iterations in missing if iterations not in store.recorded)
    usable = (checkpoint for checkpoint in store.checkpoints if todo and checkpoint <= todo[0])
    return replace(
        training,
        todo=todo,
        to_publish=tuple(iterations for iterations in missing if iterations in store.recorded),
        checkpoints=frozenset(usable),
    )
