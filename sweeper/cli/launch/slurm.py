"""`launch --slurm`: the same launch, as a batch job."""

import os
import sys
import time
from pathlib import Path
from typing import Any

import typer

from sweeper.cli.launch.submit import launch_options
from sweeper.errors import EngineError, UsageError
from sweeper.grid import Grid
from sweeper.grid.blocks.slurm import Slurm
from sweeper.planning.settings import Settings

SLURM = typer.Option(False, "--slurm", help="Launch as a batch job of Slurm, and show its log.")
SCRIPT = typer.Option(False, "--slurm-script", help="Print the batch script of --slurm instead.")
FOLLOW = typer.Option(True, "--follow/--no-follow", help="With --slurm: show the job's log.")
NODES = typer.Option(None, "--nodes", min=1, help="With --slurm: nodes of the job.")
GPUS = typer.Option(None, "--gpus-per-node", min=0, help="With --slurm: GPUs of each node.")
CPUS = typer.Option(None, "--cpus-per-node", min=1, help="With --slurm: CPUs of each node.")
TIME = typer.Option(None, "--time", help="With --slurm: time limit of a job, as 12:00:00.")
PARTITION = typer.Option(None, "--partition", help="With --slurm.")
ACCOUNT = typer.Option(None, "--account", help="With --slurm.")
REQUEUES = typer.Option(
    None, "--max-requeues", min=0, help="With --slurm: how often the job resumes by itself."
)
SBATCH = typer.Option([], "--sbatch", help="With --slurm: a further option of sbatch; repeatable.")
_POLL_S = 2.0


def slurm_options(grid: Grid, **given: Any) -> Slurm:
    """What the grid asks of Slurm, with the options of the command line in place of the grid's.
    Raises UsageError."""
    from pydantic import ValidationError

    values = {name: value for name, value in given.items() if value not in (None, [])}
    before = grid.resources.slurm or Slurm()
    try:
        return Slurm.model_validate(before.model_dump(exclude_defaults=True) | values)
    except ValidationError as error:
        mistakes = [
            f"--{str(found['loc'][0]).replace('_', '-')} {found['input']} {found['msg']}"
            for found in error.errors()
        ]
        raise UsageError("\n".join(mistakes)) from None


def script_of(grid: Grid, settings: Settings, data: Path | None, asked: Slurm) -> str:
    """The batch script of a launch. Raises UsageError for what a job cannot have."""
    from sweeper.slurm.script import batch_script

    problems = []
    if settings.address is not None:
        problems.append("--address: a Slurm job starts its own Ray; leave it out")
    if settings.engine != "ray":
        problems.append(f"--engine {settings.engine}: a Slurm job runs Ray; leave it out")
    if settings.autoscaling:
        problems.append("--autoscaling: a Slurm job has the nodes that --nodes says")
    if problems:
        raise UsageError("\n".join(problems))
    options = launch_options(settings, data, yes=True, as_json=False, hand_over=False)
    arguments = [os.path.abspath(grid.origin.file), *options]
    return batch_script(grid, asked, arguments, Path.cwd())


def submit_to_slurm(
    grid: Grid, settings: Settings, data: Path | None, asked: Slurm, *, follow: bool
) -> int:
    """Submits a launch. Returns the job's exit code; 0 where it is not followed.

    data: the option --data, if given."""
    from sweeper.slurm.commands import job_state, submit
    from sweeper.slurm.jobs import SubmittedJob, save_job, submitted_jobs
    from sweeper.slurm.script import LOGS, log_file

    script = script_of(grid, settings, data, asked)
    for job in submitted_jobs(settings.store):
        if job_state(job.job).is_active:
            raise UsageError(
                f"Slurm job {job.job} of grid {job.grid} uses {settings.store} already; stop it "
                f"(sweeper stop {job.job}), or give another --store"
            )
    Path(LOGS).mkdir(exist_ok=True)  # Slurm does not make it
    name = submit(script)
    log = log_file(grid, Path.cwd(), name)
    save_job(settings.store, SubmittedJob(grid.title, name, str(log)))
    print(f"submitted Slurm job {name}; its log is {log}", file=sys.stderr)
    print(f"To stop it: sweeper stop {name}", file=sys.stderr)
    if not follow:
        return 0
    try:
        return _follow(name, log)
    except KeyboardInterrupt:
        print(f"job {name} continues. To stop it: sweeper stop {name}", file=sys.stderr)
        return 130


def _follow(job: str, log: Path) -> int:
    """Prints the log until the job has ended. Returns its exit code."""
    from sweeper.slurm.commands import job_state

    shown = 0
    while True:
        try:
            state = job_state(job)
        except EngineError as error:  # the controller may be restarting
            print(error, file=sys.stderr)
            state = None
        shown += _print_from(log, shown)
        if state is not None and not state.is_active:
            _print_from(log, shown)
            print(state.line(), file=sys.stderr)
            return 1 if state.exit_code is None else state.exit_code
        time.sleep(_POLL_S)


def _print_from(log: Path, start: int) -> int:
    """Prints what a file holds from `start`. Returns the number of bytes."""
    try:
        with log.open("rb") as file:
            file.seek(start)
            content = file.read()
    except FileNotFoundError:
        return 0
    sys.stdout.write(content.decode(errors="replace"))
    sys.stdout.flush()
    return len(content)
