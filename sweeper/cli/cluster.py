"""Commands about where a launch runs: doctor and stop."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sweeper.cli import options
from sweeper.cli.start.completion import grid_files
from sweeper.errors import SweeperError, UsageError
from sweeper.messages import mask_credentials

if TYPE_CHECKING:
    from sweeper.grid import Grid
    from sweeper.planning.settings import Settings
    from sweeper.preflight.check import Check
    from sweeper.slurm.commands import JobState


def register(app: typer.Typer) -> None:
    for command in (doctor, stop):
        app.command()(command)


def doctor(
    grid: Path = typer.Argument(
        None,
        help="Check what this grid needs too.",
        metavar="[GRID]",
        autocompletion=grid_files,
    ),
    scale: float = options.SCALE,
    synthetic: bool = options.SYNTHETIC,
    tracking_uri: str = options.TRACKING,
    store: str = options.STORE,
    data: Path = options.DATA,
    address: str = options.ADDRESS,
    autoscaling: bool = options.AUTOSCALING,
    use: list[str] = options.USE,
    as_json: bool = options.JSON,
) -> None:
    """Check what a launch needs: MLflow, store, disk, datasets, nodes.

    Example: sweeper doctor grids/quickstart.yaml"""
    from sweeper.grid import load_grid

    setting = options.setting(
        tracking_uri=tracking_uri,
        store=store,
        data=data,
        address=address,
        scale=scale,
        synthetic=synthetic,
        autoscaling=autoscaling,
    )
    checks = _run_checks(load_grid(grid) if grid else None, setting)
    troubles = [check for check in checks if check.problem]
    if as_json:
        options.print_json({"checks": [vars(check) for check in checks], "ok": not troubles})
    else:
        for check in checks:
            print(f"ok       {check.name}" if not check.problem else f"trouble  {check.problem}")
    raise typer.Exit(1 if troubles else 0)


def _run_checks(grid: "Grid | None", setting: "Settings") -> "list[Check]":
    """The results of all checks. One that cannot be made has the error as its problem."""
    from sweeper.engine.on_ray.session import ray_session
    from sweeper.planning.plan import Plan
    from sweeper.planning.remaining import plan_grid
    from sweeper.preflight import checks as preflight
    from sweeper.preflight.check import Check

    plans: list[Plan] = []

    def tracking() -> list[Check]:
        if grid is not None:
            plans.append(plan_grid(grid, setting))
        experiment = None if grid is None else grid.experiment
        preflight.check_tracking(setting.tracking_uri, experiment)
        return [Check(f"MLflow {mask_credentials(setting.tracking_uri)}")]

    def nodes() -> list[Check]:
        with ray_session(setting.address):
            return preflight.check_cluster(plans[0] if plans else None, grid, setting)

    checks = _checks_or_error(tracking)
    empty = Plan("", "", (), ())
    checks += _checks_or_error(
        lambda: preflight.check_locally(plans[0] if plans else empty, grid, setting)
    )
    known = [check.problem for check in checks]
    found = _checks_or_error(nodes)
    return checks + [
        one for one in found if not any(one.problem and one.problem in p for p in known)
    ]


def _checks_or_error(look: "Callable[[], list[Check]]") -> "list[Check]":
    from sweeper.preflight.check import Check

    try:
        return look()
    except SweeperError as error:
        return [Check(look.__name__.strip("<>"), str(error))]


def stop(
    job: str = typer.Argument(
        None, help="The id that --submit or --slurm printed. Default: every launch."
    ),
    address: str = options.ADDRESS,
    store: str = options.STORE,
) -> None:
    """Stop a launch after its trainings have saved checkpoints: one that was submitted to
    --address, a job of Slurm, or the one on this machine that uses --store.

    Example: sweeper stop"""
    if address is None and job is not None and not job.isdigit():
        raise UsageError("a job id belongs to a launch on a cluster: give --address")
    if address is None:
        from sweeper.store.launch_lock import local_holder_pid

        place = options.setting(store=store).store
        if job is not None or (found := active_jobs(place)):
            for name in [job] if job is not None else [state.job for state in found]:
                print(stop_slurm_job(name))
            return
        pid = local_holder_pid(place)
        if pid is None:
            raise UsageError("no launch on this machine uses this store; name another with --store")
        os.kill(pid, signal.SIGTERM)
        print(f"process {pid} was asked to stop; its trainings save a checkpoint first")
        return
    from sweeper.engine.on_ray.submission import stop as stop_jobs

    stopped = stop_jobs(address, job)
    print("\n".join(f"{name} was asked to stop" for name in stopped) or "no such launch runs there")
    raise typer.Exit(0 if stopped else 1)


def active_jobs(store: str) -> "list[JobState]":
    """The jobs of Slurm that were submitted for this store and have not ended."""
    from sweeper.slurm.commands import job_state
    from sweeper.slurm.jobs import submitted_jobs

    states = [job_state(found.job) for found in submitted_jobs(store)]
    return [state for state in states if state.is_active]


def stop_slurm_job(job: str) -> str:
    """Asks a running job to save and end, and removes one that has not begun. What it did.
    Raises EngineError, UsageError."""
    from sweeper.slurm.commands import cancel, job_state, signal_batch

    state = job_state(job)
    if not state.is_active:
        raise UsageError(f"{state.line()}: it does not run")
    if state.state == "RUNNING":
        signal_batch(job, "USR2")
        return f"Slurm job {job} was asked to stop; its trainings save a checkpoint first"
    cancel(job)
    return f"Slurm job {job} was removed from the queue"
