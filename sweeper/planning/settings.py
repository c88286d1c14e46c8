"""Where a launch or a plan takes place: stores, data, cluster, scale."""

from dataclasses import dataclass, field
from pathlib import Path

from sweeper.planning.cells import ExpansionOptions, UseSynthetic
from sweeper.store.address import DEFAULT_STORE
from sweeper.tracking.uri import sqlite_uri


@dataclass
class Settings:
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
    autoscaling: bool = False
    known_runs: dict[str, str] = field(default_factory=dict)
    known_grids: dict[str, tuple[str, ...]] = field(default_factory=dict)
    known_measures: dict[str, frozenset[str]] = field(default_factory=dict)


def default_settings(folder: Path | None = None) -> Settings:
    """Everything in one working folder: sweep_store/, data/, mlflow.db."""
    here = (folder or Path.cwd()).absolute()
    return Settings(
        store=str(here / DEFAULT_STORE),
        data_dir=str(here / "data"),
        tracking_uri=sqlite_uri(here / "mlflow.db"),
    )


def options_of(setting: Settings) -> ExpansionOptions:
    """How a grid is taken in this setting."""
    use_synthetic = _synthetic_where_missing(setting) if setting.synthetic else None
    return ExpansionOptions(setting.scale, setting.points, use_synthetic)


def _synthetic_where_missing(setting: Settings) -> UseSynthetic:
    def missing(name: str) -> bool:
        from trainers.datasets import is_prepared

        return not is_prepared(name, Path(setting.data_dir))

    return missing
