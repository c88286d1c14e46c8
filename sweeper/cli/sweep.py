"""Commands that plan: plan, status, schema."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sweeper.cli import options
from sweeper.cli.launch.command import launch
from sweeper.errors import UsageError

if TYPE_CHECKING:
    from sweeper.planning.plan import Plan
    from sweeper.planning.settings import Settings


def register(app: typer.Typer) -> None:
    for command in (plan, launch, status, schema):
        app.command()(command)


def plan(
    grid: Path = options.GRID,
    scale: float = options.SCALE,
    points: int = options.POINTS,
    synthetic: bool = options.SYNTHETIC,
    calibrate: bool = typer.Option(
        False, "--calibrate", help="Time a few steps of each kind of training on this machine."
    ),
    probe: bool = typer.Option(
        True,
        "--probe/--no-probe",
        envvar="SWEEPER_PROBE",
        help="Time the kinds of training without a known speed, for 10 s at most.",
    ),
    why: bool = typer.Option(
        False, "--why", help="Say what differs from the nearest stored training."
    ),
    price: float = options.PRICE,
    spot: bool = options.SPOT,
    keep_checkpoints: str = options.CHECKPOINTS,
    workers: int = options.WORKERS,
    tracking_uri: str = options.TRACKING,
    store: str = options.STORE,
    data: Path = options.DATA,
    use: list[str] = options.USE,
    as_json: bool = options.JSON,
) -> None:
    """Show what a grid asks for, what is done already, what is left, and what that costs.

    Example: sweeper plan grids/quickstart.yaml"""
    from sweeper.grid import load_grid
    from sweeper.launching.forecast import ForecastOptions, forecast
    from sweeper.planning.remaining import plan_grid
    from sweeper.planning.why import reason_lines

    settings = options.setting(
        tracking_uri=tracking_uri,
        store=store,
        data=data,
        scale=scale,
        points=points,
        synthetic=synthetic,
        price=price,
        spot=spot,
    )
    from rich.console import Console

    console = Console(stderr=True)

    def show(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    forecast_options = ForecastOptions(workers, calibrate, probe, show)
    loaded = options.with_checkpoints(load_grid(grid), keep_checkpoints)
    planned = plan_grid(loaded, settings) if loaded.search is None else None
    found = forecast(loaded, settings, forecast_options, planned)
    reasons = _reasons(planned, settings) if why else {}
    if as_json:
        options.print_json(found.to_json() | ({"why": reasons} if why else {}))
    else:
        print("\n".join([*found.lines, *reason_lines(reasons)]))


def _reasons(planned: "Plan | None", setting: "Settings") -> dict[str, str]:
    """{training id: why it is to be run}."""
    from sweeper.planning.why import reasons
    from sweeper.tracking.reading.reader import stored_runs

    if planned is None:
        raise UsageError("--why: a search has no plan in advance; name a grid without `search`")
    return reasons(planned, stored_runs(setting.tracking_uri))


def status(
    grid: Path = options.GRID,
    scale: float = options.SCALE,
    points: int = options.POINTS,
    synthetic: bool = options.SYNTHETIC,
    tracking_uri: str = options.TRACKING,
    store: str = options.STORE,
    data: Path = options.DATA,
    use: list[str] = options.USE,
    as_json: bool = options.JSON,
) -> None:
    """Show how far a grid is, for each training, from MLflow and the sweep store.

    Example: sweeper status grids/quickstart.yaml"""
    from sweeper.grid import load_grid
    from sweeper.launching.status import print_status, status_of_grid

    settings = options.setting(
        tracking_uri=tracking_uri,
        store=store,
        data=data,
        scale=scale,
        points=points,
        synthetic=synthetic,
    )
    loaded = load_grid(grid)
    found = status_of_grid(loaded, settings)
    job = _slurm_job(loaded.title, settings.store)
    if as_json:
        options.print_json(found.to_json() | ({} if job is None else {"slurm": job}))
    else:
        from rich.console import Console

        if job is not None:
            print(job["text"])
        print_status(found, Console())
    raise typer.Exit(0 if found.complete else 1)


def _slurm_job(grid: str, store: str) -> dict[str, str] | None:
    """The newest Slurm job of a grid: id, state, log, and a line for people. None without one."""
    from sweeper.errors import EngineError
    from sweeper.slurm.commands import job_state
    from sweeper.slurm.jobs import submitted_jobs

    for found in submitted_jobs(store):
        if found.grid == grid:
            try:
                state = job_state(found.job)
            except EngineError as error:
                text = f"Slurm job {found.job}: {error}"
                return {"job": found.job, "state": "unknown", "log": found.log, "text": text}
            text = f"{state.line()}; log: {found.log}"
            return {"job": found.job, "state": state.state, "log": found.log, "text": text}
    return None


def schema(
    out: Path = typer.Option(None, "--out", help="Write to this file."),
    use: list[str] = options.USE,
) -> None:
    """Print the JSON schema of grid files, for editors.

    Example: sweeper schema --out grid.schema.json"""
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
