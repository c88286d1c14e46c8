"""A grid's plan given what MLflow, the sweep store and the data folder hold."""

from sweeper.grid import Grid
from sweeper.planning.learned_values import LearnedValues
from sweeper.planning.plan import Plan, StoredProgress, make_plan
from sweeper.planning.settings import Settings, options_of
from sweeper.store.folders import read_progress


def plan_grid(grid: Grid, setting: Settings) -> Plan:
    """The plan, with what is finished (by MLflow) and recorded (by the store) left out.

    Raises GridError, UsageError, TrackingError."""
    from sweeper.tracking.reading.reader import finished_runs, stored_runs

    stored = stored_runs(setting.tracking_uri)
    found = finished_runs(stored)
    setting.known_runs = {run: entry.mlflow_run_id for run, entry in found.items()}
    setting.known_grids = {run: entry.grids for run, entry in found.items()}
    setting.known_measures = {run: entry.measures for run, entry in found.items()}
    options = options_of(setting)
    learned = LearnedValues(stored, grid, options)
    plan = make_plan(
        grid,
        scale=setting.scale,
        points=setting.points,
        use_synthetic=options.use_synthetic,
        resolve=learned.resolve,
        needs_second_model=learned.needs_second_model,
    )
    held = read_progress(setting.store, (t.training_id for t in plan.trainings if not t.unresolved))
    return plan.with_progress(
        {run: entry.status for run, entry in found.items()},
        {
            training_id: StoredProgress(
                checkpoints=frozenset(records.checkpoints),
                recorded=frozenset(records.milestones),
            )
            for training_id, records in held.items()
        },
    )
