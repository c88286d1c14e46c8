"""A grid's plan given what MLflow, the sweep store and the data folder hold."""

from dataclasses import dataclass, field
from pathlib import Path

from sweeper import stores
from sweeper.cells import Options, SyntheticFor
from sweeper.grid import Grid
from sweeper.learned import Lessons
from sweeper.plan import Plan, Progress, make_plan


@dataclass
class Setting:
    """Where a launch or plan happens; paths are absolute.

    store: of records and checkpoints.  data_dir: of prepared datasets.  address: of a Ray cluster;
    None starts a Ray on this machine.  scale: multiplies iterations.
    points: images that a milestone is scored on; None: as the grid and the scale say.
    synthetic: take stand-ins where a published dataset is not at hand.
    grows: the cluster starts nodes on demand.
    known_runs, known_grids, known_measures: filled in by `plan_grid`: {run id: MLflow id},
    {run id: names of grids that asked for it}, {run id: measures scored}."""

    store: str
    data_dir: str
    tracking_uri: str
    address: str | None = None
    scale: float = 1.0
    points: int | None = None
    synthetic: bool = False
    price: float | None = None
    grows: bool = False
    known_runs: dict[str, str] = field(default_factory=dict)
    known_grids: dict[str, tuple[str, ...]] = field(default_factory=dict)
    known_measures: dict[str, frozenset[str]] = field(default_factory=dict)


def default_setting(folder: Path | None = None) -> Setting:
    """Everything in one working folder: sweep_store/, data/, mlflow.db."""
    here = (folder or Path.cwd()).absolute()
    return Setting(
        store=str(here / stores.DEFAULT_STORE),
        data_dir=str(here / "data"),
        tracking_uri=f"sqlite:///{here / 'mlflow.db'}",
    )


def plan_grid(grid: Grid, setting: Setting) -> Plan:
    """The plan, with what is finished (by MLflow) and recorded (by the store) left out.

    Raises GridError, UsageError, TrackingError."""
    from sweeper.tracking.reader import finished_runs, stored_runs

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
    held = stores.scan(setting.store, (t.training_id for t in plan.trainings if not t.waiting))
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


def options_of(setting: Setting) -> Options:
    """How a grid is taken in this setting."""
    synthetic_for = _stand_in(setting) if setting.synthetic else None
    return Options(setting.scale, setting.points, synthetic_for)


def _stand_in(setting: Setting) -> SyntheticFor:
    def missing(name: str) -> bool:
        from trainers.datasets import is_prepared

        return not is_prepared(name, Path(setting.data_dir))

    return missing
