"""Commands that plan: plan, status, schema."""

from pathlib import Path

import typer
from rich.console import Console

from sweeper.cli import options as common
from sweeper.cli.launch.command import launch
from sweeper.errors import UsageError


def register(app: typer.Typer) -> None:
    for command in (plan, launch, status, schema):
        app.command()(command)


def plan(
    grid: Path = common.GRID,
    scale: float = common.SCALE,
    points: int = common.POINTS,
    synthetic: bool = common.SYNTHETIC,
    calibrate: bool = typer.Option(
        False, "--calibrate", help="Time a few steps of each kind of training on this machine."
    ),
    price: float = common.PRICE,
    spot: bool = common.SPOT,
    workers: int = common.WORKERS,
    tracking_uri: str = common.TRACKING,
    store: str = common.STORE,
    data: Path = common.DATA,
    as_json: bool = common.JSON,
) -> None:
    """Show what a grid asks for, what is done already, what is left, and what that costs."""
    from sweeper.grid import load_grid
    from sweeper.launching.forecast import ForecastOptions, forecast

    settings = common.setting(
        tracking_uri=tracking_uri,
        store=store,
        data=data,
        scale=scale,
        points=points,
        synthetic=synthetic,
        price=price,
        spot=spot,
    )
    console = Console(stderr=True)
    options = ForecastOptions(workers, calibrate, lambda line: console.print(line, markup=False))
    found = forecast(load_grid(grid), settings, options)
    if as_json:
        common.print_json(found.to_json())
    else:
        print("\n".join(found.lines))


def status(
    grid: Path = common.GRID,
    scale: float = common.SCALE,
    points: int = common.POINTS,
    synthetic: bool = common.SYNTHETIC,
    tracking_uri: str = common.TRACKING,
    store: str = common.STORE,
    data: Path = common.DATA,
    as_json: bool = common.JSON,
) -> None:
    """Show how far a grid is: training by training, from MLflow and the sweep store."""
    from sweeper.grid import load_grid
    from sweeper.launching.status import print_status, status_of_grid

    settings = common.setting(
        tracking_uri=tracking_uri,
        store=store,
        data=data,
        scale=scale,
        points=points,
        synthetic=synthetic,
    )
    found = status_of_grid(load_grid(grid), settings)
    if as_json:
        common.print_json(found.to_json())
    else:
        print_status(found, Console())
    raise typer.Exit(0 if found.complete else 1)


def schema(
    out: Path = typer.Option(None, "--out", help="Write to this file."),
) -> None:
    """Print the JSON schema of grid files, for editors."""
    import json

    from sweeper.grid.schema import json_schema

    text = json.dumps(json_schema(), indent=2)
    if out is None:
        print(text)
        return
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be written ({error.strerror})") from error
