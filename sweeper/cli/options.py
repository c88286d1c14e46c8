"""Options that commands share, and the settings made from them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from sweeper.cli.start.completion import grid_files
from sweeper.errors import UsageError
from sweeper.store.address import is_remote

if TYPE_CHECKING:
    from sweeper.grid import Grid
    from sweeper.planning.settings import Settings

GRID = typer.Argument(
    ...,
    help="A grid file, for example grids/quickstart.yaml.",
    metavar="GRID",
    autocompletion=grid_files,
)
JSON = typer.Option(False, "--json", help="Print JSON.")
TRACKING = typer.Option(
    None, "--tracking-uri", help="The MLflow store. Default: sqlite:///mlflow.db in this folder."
)
STORE = typer.Option(
    None, "--store", help="Folder of records and checkpoints. Default: sweep_store/."
)
DATA = typer.Option(None, "--data", help="Folder of prepared datasets. Default: data/.")
SCALE = typer.Option(1.0, "--scale", help="Multiply every iteration count by this factor.")
POINTS = typer.Option(
    None,
    "--points",
    help="Number of images to score milestones on. Default: the grid's num_points.",
)
PRICE = typer.Option(None, "--price", min=0, help="Price of a GPU-hour, instead of the grid's.")
SPOT = typer.Option(False, "--spot", help="Use the grid's price of spot machines.")
WORKERS = typer.Option(
    None, "--workers", min=1, help="Trainings at a time. Default: as many as fit on this machine."
)
SYNTHETIC = typer.Option(
    False, "--synthetic", help="Use synthetic versions of datasets whose files are missing."
)
REHEARSAL = typer.Option(
    False, "--rehearsal", help="Show the newest rehearsal (--scale, --points), not real runs."
)
STAND_INS = typer.Option(
    False, "--synthetic", help="Show runs on synthetic images instead of the published ones."
)

ADDRESS = typer.Option(
    None, "--address", help="A Ray cluster: HOST:PORT, or auto; with --submit, http://HOST:PORT."
)
ENGINE = typer.Option(
    "ray", "--engine", help="ray, or local: one training after another in this process."
)
AUTOSCALING = typer.Option(
    False,
    "--autoscaling",
    help="The cluster starts nodes on demand: wait for resources that it does not have yet.",
)


CHECKPOINTS = typer.Option(
    None,
    "--keep-checkpoints",
    help="Of finished trainings: none, last, all or auto. Default: the grid's.",
)


def with_checkpoints(grid: "Grid", keep: str | None) -> "Grid":
    """The grid, with another `resources: keep_checkpoints`. Raises UsageError."""
    if keep is None:
        return grid
    if keep not in ("auto", "none", "last", "all"):
        raise UsageError(f"--keep-checkpoints {keep}: write none, last, all or auto")
    resources = grid.resources.model_copy(update={"keep_checkpoints": keep})
    return grid.model_copy(update={"resources": resources})


def _load_own_code(names: list[str] | None) -> list[str]:
    """Loads the user's own code that --use names, before the command reads anything else."""
    if not names:
        return []
    from trainers.own_code.registry import use

    for name in names:
        use(name, Path.cwd())
    return names


USE = typer.Option(
    None,
    "--use",
    callback=_load_own_code,
    help="A file or package with models, networks, datasets or measures of your own. Repeatable.",
)


def setting(
    *,
    tracking_uri: str | None = None,
    store: str | None = None,
    data: Path | None = None,
    address: str | None = None,
    scale: float = 1.0,
    points: int | None = None,
    synthetic: bool = False,
    autoscaling: bool = False,
    engine: str = "ray",
    price: float | None = None,
    spot: bool = False,
    retry: str = "",
) -> "Settings":
    """The options as settings; paths become absolute."""
    from sweeper.planning.settings import default_settings

    found = default_settings()
    found.tracking_uri = tracking_uri or found.tracking_uri
    found.store = _store_path(store) if store else found.store
    found.data_dir = str(data.absolute()) if data else found.data_dir
    found.address, found.synthetic = address, synthetic
    found.scale, found.points = scale, points
    found.autoscaling, found.engine = autoscaling, engine
    found.price, found.spot, found.retry = price, spot, retry
    return found


def _store_path(store: str) -> str:
    if is_remote(store):
        return store
    path = Path(store).absolute()
    if path.exists() and not path.is_dir():
        raise UsageError(f"--store {store} is a file; give a folder")
    return str(path)


def print_json(value: Any) -> None:
    """JSON on standard output. NaN and infinity, which JSON does not support, become null."""
    print(json.dumps(_finite(value), indent=2, ensure_ascii=False, allow_nan=False))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value
