"""A grid's plan given what MLflow, the sweep store and the data folder hold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sweeper.grid import Grid
from sweeper.planning.learned_values import LearnedValues
from sweeper.planning.plan import Plan, StoredProgress, make_plan
from sweeper.planning.settings import Settings, options_of
from sweeper.store.folders import read_progress
from sweeper.tracking import layout
from sweeper.tracking.reading.stored_run import StoredRun


@dataclass(frozen=True)
class KnownRuns:
    """The runs that ended, as MLflow holds them, by run id.

    mlflow_ids: MLflow's own ids.  statuses: 'finished', 'diverged' or 'failed'.  reasons: why one
    diverged or failed.  without_picture: those published without their picture.
    without_configuration: those published before runs had the tag that their seeds share.
    grids: names of the grids that asked for it.  measures: those scored."""

    mlflow_ids: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    without_picture: frozenset[str] = frozenset()
    without_configuration: frozenset[str] = frozenset()
    grids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    measures: Mapping[str, frozenset[str]] = field(default_factory=dict)


def known_runs(stored: Mapping[str, StoredRun]) -> KnownRuns:
    """Of the runs that `stored_runs` gave, those that ended."""
    from sweeper.tracking.reading.reader import finished_runs

    ended = finished_runs(stored)
    return KnownRuns(
        mlflow_ids={run: entry.mlflow_run_id for run, entry in ended.items()},
        statuses={run: entry.status for run, entry in ended.items()},
        reasons={run: stored[run].tags.get(layout.REASON, "") for run in ended},
        without_picture=frozenset(r for r in ended if stored[r].tags.get(layout.NO_PICTURE)),
        without_configuration=frozenset(
            run for run in ended if layout.CONFIGURATION not in stored[run].tags
        ),
        grids={run: entry.grids for run, entry in ended.items()},
        measures={run: entry.measures for run, entry in ended.items()},
    )


def stored_progress(store: str, training_ids: Iterable[str]) -> dict[str, StoredProgress]:
    """What the sweep store holds of each training. Raises StoreError."""
    return {
        training_id: StoredProgress(
            checkpoints=frozenset(found.checkpoints), recorded=frozenset(found.milestones)
        )
        for training_id, found in read_progress(store, training_ids).items()
    }


def plan_grid(grid: Grid, settings: Settings) -> Plan:
    """The plan, with what is finished (by MLflow) and recorded (by the store) left out.

    Raises GridError, UsageError, StoreError, TrackingError."""
    return plan_and_known_runs(grid, settings)[0]


def plan_and_known_runs(grid: Grid, settings: Settings) -> tuple[Plan, KnownRuns]:
    """As `plan_grid`, with the runs that MLflow holds."""
    from sweeper.tracking.reading.reader import RunReader

    runs = RunReader(settings.tracking_uri)
    options = options_of(settings)
    learned = LearnedValues(runs.read, grid, options)
    plan = make_plan(
        grid,
        scale=settings.scale,
        points=settings.points,
        use_synthetic=options.use_synthetic,
        resolve=learned.resolve,
        needs_second_model=learned.needs_second_model,
    )
    known = known_runs(runs.read(plan.run_ids))
    ids = (training.training_id for training in plan.trainings if not training.unresolved)
    return plan.with_progress(known.statuses, stored_progress(settings.store, ids)), known
