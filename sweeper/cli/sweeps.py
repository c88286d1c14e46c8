"""Commands that plan and run: plan, launch, status, schema."""

import sys
from pathlib import Path

import typer
from rich.console import Console

from sweeper.cli import common
from sweeper.errors import UsageError


def register(app: typer.Typer) -> None:
    for command in (plan, launch, status, schema):
        app.command()(command)


def plan(
    grid: Path = common.GRID,
    scale: float = common.SCALE,
    points: int = common.POINTS,
    synthetic: bool = common.SYNTHETIC,
    tracking_uri: str = common.TRACKING,
    store: str = common.STORE,
    data: Path = common.DATA,
    as_json: bool = common.JSON,
) -> None:
    """Show what a grid asks for, what is there already, and what is left to train."""
    from sweeper.grid import Grid
    from sweeper.plan_text import plan_json, plan_lines
    from sweeper.planning import plan_grid

    setting = common.setting(
        tracking_uri=tracking_uri,
        store=store,
        data=data,
        scale=scale,
        points=points,
        synthetic=synthetic,
    )
    loaded = Grid.load(grid)
    found = plan_grid(loaded, setting)
    if as_json:
        common.print_json(plan_json(found, loaded))
    else:
        print("\n".join(plan_lines(found, loaded)))


def launch(
    grid: Path = common.GRID,
    scale: float = common.SCALE,
    points: int = common.POINTS,
    synthetic: bool = common.SYNTHETIC,
    tracking_uri: str = common.TRACKING,
    store: str = common.STORE,
    data: Path = common.DATA,
    address: str = common.ADDRESS,
    autoscaling: bool = common.AUTOSCALING,
    submit: bool = typer.Option(
        False, "--submit", help="Ship the code and the grid to the cluster, and launch there."
    ),
    as_json: bool = common.JSON,
) -> None:
    """Train and publish what of a grid is missing, then print its table. Launch is resume: after a
    kill, a crash or an edit of the grid, the same command goes on."""
    from sweeper.grid import Grid
    from sweeper.launching.launch import launch as run
    from sweeper.launching.summary import closing_lines, outcome_json
    from sweeper.plan_text import plan_lines

    setting = common.setting(
        tracking_uri=tracking_uri,
        store=store,
        data=data,
        address=address,
        scale=scale,
        points=points,
        synthetic=synthetic,
        grows=autoscaling,
    )
    loaded = Grid.load(grid)
    if submit:
        from sweeper.cli.cluster import submit_launch

        raise typer.Exit(submit_launch(loaded, setting, data, as_json))
    console = Console(stderr=as_json)

    def show(found) -> None:  # type: ignore[no-untyped-def]
        for line in plan_lines(found, loaded):
            console.print(line, markup=False, highlight=False)

    outcome = run(loaded, setting, console, on_plan=show)
    command = common.without_secrets(" ".join(["sweeper", *sys.argv[1:]]))
    lines = closing_lines(outcome, loaded, setting, command)
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if as_json:
        common.print_json(outcome_json(outcome))
    raise typer.Exit(outcome.exit_code)


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
    from sweeper.grid import Grid
    from sweeper.planning import plan_grid
    from sweeper.status import print_status, status_of

    setting = common.setting(
        tracking_uri=tracking_uri,
        store=store,
        data=data,
        scale=scale,
        points=points,
        synthetic=synthetic,
    )
    found = status_of(plan_grid(Grid.load(grid), setting), setting)
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

    from sweeper.schema import json_schema

    text = json.dumps(json_schema(), indent=2)
    if out is None:
        print(text)
        return
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be written ({error.strerror})") from error
