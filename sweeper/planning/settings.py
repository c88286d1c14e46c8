"""Where a launch or a plan takes place: stores, data, cluster, scale."""

from dataclasses import dataclass
from pathlib import Path

from sweeper.planning.cells import ExpansionOptions, UseSynthetic
from sweeper.store.address import DEFAULT_STORE
from sweeper.tracking.uri import sqlite_uri


@dataclass
class Settings:
    """Where a launch or plan happens, and how; paths are absolute.

    store: of records and checkpoints.  data_dir: of prepared datasets.  engine: 'ray', or 'local'
    for one training after another in this process.  address: of a Ray cluster; None starts a Ray
    on this machine.  autoscaling: the cluster starts nodes on demand.
    scale: multiplies iterations.  points: images that a milestone is scored on; None: as the grid
    and the scale say.  synthetic: use synthetic data where a published dataset is missing.
    price: money for a GPU-hour, in place of the grid's.  spot: use the grid's price of spot
    machines.  retry: 'diverged', 'failed' or 'all': which runs a launch trains again."""

    store: str
    data_dir: str
    tracking_uri: str
    engine: str = "ray"
    address: str | None = None
    scale: float = 1.0
    points: int | None = None
    synthetic: bool = False
    price: float | None = None
    spot: bool = False
    retry: str = ""
    autoscaling: bool = False


def default_settings(folder: Path | None = None) -> Settings:
    """Everything in one working folder: sweep_store/, data/, mlflow.db."""
    here = (folder or Path.cwd()).absolute()
    return Settings(
        store=str(here / DEFAULT_STORE),
        data_dir=str(here / "data"),
        tracking_uri=sqlite_uri(here / "mlflow.db"),
    )


def options_of(settings: Settings) -> ExpansionOptions:
    """How a grid is expanded with these settings."""
    use_synthetic = _synthetic_where_missing(settings) if settings.synthetic else None
    return ExpansionOptions(settings.scale, settings.points, use_synthetic)


def _synthetic_where_missing(settings: Settings) -> UseSynthetic:
    def missing(name: str) -> bool:
        from trainers.datasets import is_prepared

        return not is_prepared(name, Path(settings.data_dir))

    return missing
