"""The command `launch`."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sweeper.cli import options
from sweeper.cli.launch import slurm as on_slurm
from sweeper.cli.launch.ending import end_process, line_printer, typed_command
from sweeper.errors import UsageError

if TYPE_CHECKING:
    from sweeper.grid import Grid
    from sweeper.planning.plan import Plan
    from sweeper.planning.settings import Settings


def launch(
    grid: Path = options.GRID,
    scale: float = options.SCALE,
    points: int = options.POINTS,
    synthetic: bool = options.SYNTHETIC,
    tracking_uri: str = options.TRACKING,
    store: str = options.STORE,
    data: Path = options.DATA,
    engine: str = options.ENGINE,
    address: str = options.ADDRESS,
    autoscaling: bool = options.AUTOSCALING,
    submit: bool = typer.Option(
        False, "--submit", help="Ship the code and the grid to the cluster, and launch there."
    ),
    price: float = options.PRICE,
    spot: bool = options.SPOT,
    keep_checkpoints: str = options.CHECKPOINTS,
    retry: str = typer.Option(
        "", "--retry", help="Train again what diverged, failed, or all: both."
    ),
    yes: bool = typer.Option(
        False, "--yes", help="Do not ask before a sweep over the grid's budget, or over 2 days."
    ),
    slurm: bool = on_slurm.SLURM,
    slurm_script: bool = on_slurm.SCRIPT,
    follow: bool = on_slurm.FOLLOW,
    nodes: int = on_slurm.NODES,
    gpus_per_node: int = on_slurm.GPUS,
    cpus_per_node: int = on_slurm.CPUS,
    time: str = on_slurm.TIME,
    partition: str = on_slurm.PARTITION,
    account: str = on_slurm.ACCOUNT,
    max_requeues: int = on_slurm.REQUEUES,
    sbatch: list[str] = on_slurm.SBATCH,
    hand_over: bool = typer.Option(
        False,
        "--hand-over",
        help="If another launch uses the store, hand it the missing trainings.",
    ),
    use: list[str] = options.USE,
    as_json: bool = options.JSON,
) -> None:
    """Train and publish the missing runs of a grid, then print its table. The same command
    resumes after a kill, a crash or an edit of the grid.

    Example: sweeper launch grids/quickstart.yaml"""
    from sweeper.grid import load_grid

    settings = options.setting(
        tracking_uri=tracking_uri,
        store=store,
        data=data,
        engine=engine,
        address=address,
        scale=scale,
        points=points,
        synthetic=synthetic,
        autoscaling=autoscaling,
        price=price,
        spot=spot,
        retry=retry,
    )
    loaded = options.with_checkpoints(load_grid(grid), keep_checkpoints)
    if keep_checkpoints and (submit or hand_over or slurm or slurm_script):
        raise UsageError(
            "--keep-checkpoints stays on this machine: write `resources: {keep_checkpoints: "
            f"{keep_checkpoints}}}` in the grid instead, to send it"
        )
    if use and (submit or hand_over or slurm):
        raise UsageError("--use stays on this machine: write `use` in the grid instead, to send it")
    of_slurm = {
        "nodes": nodes,
        "gpus_per_node": gpus_per_node,
        "cpus_per_node": cpus_per_node,
        "time": time,
        "partition": partition,
        "account": account,
        "max_requeues": max_requeues,
        "options": sbatch,
    }
    if slurm or slurm_script:
        asked = on_slurm.slurm_options(loaded, **of_slurm)
        if slurm_script:
            print(on_slurm.script_of(loaded, settings, data, asked), end="")
            raise typer.Exit
        code = on_slurm.submit_to_slurm(loaded, settings, data, asked, follow=follow)
        raise typer.Exit(code)
    if any(value not in (None, []) for value in of_slurm.values()):
        given = [name for name, value in of_slurm.items() if value not in (None, [])]
        named = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise UsageError(f"{named.replace('--options', '--sbatch')}: only with --slurm")
    if submit:
        from sweeper.cli.launch.submit import submit_launch

        raise typer.Exit(
            submit_launch(loaded, settings, data, yes=yes, as_json=as_json, hand_over=hand_over)
        )
    from sweeper.cli.launch.hand_over import launch_or_hand_over
    from sweeper.cli.launch.streams import outliving_readers

    with outliving_readers():
        code = launch_or_hand_over(
            loaded,
            settings,
            lambda: _launch_here(loaded, settings, yes=yes, as_json=as_json),
            hand_over=hand_over,
        )
    end_process(code)


def _launch_here(grid: "Grid", settings: "Settings", *, yes: bool, as_json: bool) -> int:
    from rich.console import Console

    from sweeper.cli.launch.consent import ask, reason_to_ask
    from sweeper.launching.forecast import forecast
    from sweeper.launching.launch import launch as run
    from sweeper.launching.summary import end_lines, outcome_json

    console = Console(stderr=as_json)
    show = line_printer(console)

    def on_plan(plan: "Plan") -> None:
        found = forecast(grid, settings, plan=plan)
        show(found.lines)
        if not yes:
            ask(reason_to_ask(found.cost, on_cluster=settings.address is not None))

    outcome = run(grid, settings, console, on_plan=on_plan)
    show(end_lines(outcome, grid, settings, typed_command()))
    if as_json:
        options.print_json(outcome_json(outcome))
    return outcome.exit_code
