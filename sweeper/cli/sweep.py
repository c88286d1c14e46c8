"""Commands that plan and run: plan, launch, status, schema."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from sweeper.cli import options as common
from sweeper.errors import UsageError
from sweeper.messages import mask_credentials

if TYPE_CHECKING:
    from sweeper.planning.plan import Plan
    from sweeper.planning.settings import Settings


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
    why: bool = typer.Option(
        False, "--why", help="Say what differs from the nearest stored training."
    ),
    price: float = common.PRICE,
    spot: bool = common.SPOT,
    workers: int = common.WORKERS,
    tracking_uri: str = common.TRACKING,
    store: str = common.STORE,
    data: Path = common.DATA,
    as_json: bool = common.JSON,
) -> None:
    """Show what a grid asks for, what is there already, what is left, and what that costs."""
    from sweeper.grid import load_grid
    from sweeper.launching.forecast import ForecastOptions, forecast
    from sweeper.planning.remaining import plan_grid
    from sweeper.planning.why import reason_lines

    setting = common.setting(
        tracking_uri=tracking_uri,
        store=store,
        data=data,
        scale=scale,
        points=points,
        synthetic=synthetic,
    )
    loaded = load_grid(grid)
    console = Console(stderr=True)
    asked = ForecastOptions(
        price, spot, workers, calibrate, lambda line: console.print(line, markup=False)
    )
    planned = plan_grid(loaded, setting) if loaded.search is None else None
    found = forecast(loaded, setting, asked, planned)
    reasons = _reasons(planned, setting) if why else {}
    if as_json:
        common.print_json(found.to_json() | ({"why": reasons} if why else {}))
    else:
        print("\n".join([*found.lines, *reason_lines(reasons)]))


def _reasons(planned: "Plan | None", setting: "Settings") -> dict[str, str]:
    """{training id: why it is to be run}."""
    from sweeper.planning.why import reasons
    from sweeper.tracking.reading.reader import stored_runs

    if planned is None:
        raise UsageError("--why: a search has no plan in advance; name a grid without `search`")
    return reasons(planned, stored_runs(setting.tracking_uri))


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
    price: float = common.PRICE,
    spot: bool = common.SPOT,
    yes: bool = typer.Option(False, "--yes", help="Start without asking, however long it takes."),
    ask_hours: float = typer.Option(48.0, "--ask-hours", help="Ask above so many hours."),
    ask_money: float = typer.Option(100.0, "--ask-money", help="Ask above so much money."),
    as_json: bool = common.JSON,
) -> None:
    """Train and publish what of a grid is missing, then print its table. Launch is resume: after a
    kill, a crash or an edit of the grid, the same command goes on."""
    from sweeper.cli.consent import ask, reason_to_ask
    from sweeper.engine.session import is_ray_abandoned
    from sweeper.grid import load_grid
    from sweeper.launching.forecast import ForecastOptions, forecast
    from sweeper.launching.launch import launch as run
    from sweeper.launching.summary import closing_lines, outcome_json

    setting = common.setting(
        tracking_uri=tracking_uri,
        store=store,
        data=data,
        address=address,
        scale=scale,
        points=points,
        synthetic=synthetic,
        autoscaling=autoscaling,
    )
    loaded = load_grid(grid)
    if submit:
        from sweeper.cli.cluster import submit_launch

        raise typer.Exit(submit_launch(loaded, setting, data, as_json))
    console = Console(stderr=as_json)

    def show(found) -> None:  # type: ignore[no-untyped-def]
        told = forecast(loaded, setting, ForecastOptions(price, spot), found)
        for line in told.lines:
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        # How many trainings a cluster takes at a time is not known before it is joined.
        hours = ask_hours if address is None else float("inf")
        ask("" if yes else reason_to_ask(told.cost, hours=hours, money=ask_money))
        setting.price = told.cost.rate

    outcome = run(loaded, setting, console, on_plan=show)
    command = mask_credentials(" ".join(["sweeper", *sys.argv[1:]]))
    lines = closing_lines(outcome, loaded, setting, command)
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if as_json:
        common.print_json(outcome_json(outcome))
    if is_ray_abandoned():
        _end(outcome.exit_code)
    raise typer.Exit(outcome.exit_code)


def _end(code: int) -> None:
    """Ends the process as it is: Python's own clean-up would have Ray take part in it."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


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

    setting = common.setting(
        tracking_uri=tracking_uri,
        store=store,
        data=data,
        scale=scale,
        points=points,
        synthetic=synthetic,
    )
    found = status_of_grid(load_grid(grid), setting)
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
