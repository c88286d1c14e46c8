"""A grid's plan given what MLflow, the sweep store and the data folder hold."""

from sweeper.grid import Grid
from sweeper.planning.learned_values import Lessons
from sweeper.planning.plan import Plan, Progress, make_plan
from sweeper.planning.settings import Setting, options_of
from sweeper.store.folders import scan


def plan_grid(grid: Grid, setting: Setting) -> Plan:
    """The plan, with what is finished (by MLflow) and recorded (by the store) left out.

    Raises GridError, UsageError, TrackingError."""
    from sweeper.tracking.reading.reader import finished_runs, stored_runs

    stored = stored_runs(setting.tracking_uri)
    found = finished_runs(stored)
    setting.known_runs = {run: entry.mlflow_run_id for run, entry in found.items()}
    setting.known_grids = {run: entry.grids for run, entry in found.items()}
    setting.known_measures = {run: entry.measures for run, entry in found.items()}
    options = options_of(setting)
    lessons = Lessons(stored, grid.origin.folder, options)
    plan = make_plan(
        grid,
        scale=setting.scale,
        points=setting.points,
        synthetic_for=options.synthetic_for,
        resolve=lessons.resolve,
        gives_way=lessons.gives_way,
    )
    held = scan(setting.store, (t.training_id for t in plan.trainings if not t.waiting))
    return plan.with_progress(
        {run: entry.status for run, entry in found.items()},
        {
            training_id: Progress(
                checkpoints=frozenset(records.checkpoints),
                recorded=frozenset(records.milestones),
            )
            for training_id, records in held.items()
        },
    )
