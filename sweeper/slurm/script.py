"""The batch script of a launch."""

import math
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from sweeper.errors import UsageError
from sweeper.grid import Grid
from sweeper.grid.blocks.slurm import Slurm

LOGS = "slurm"  # folder of the jobs' logs, in the working folder


def batch_script(grid: Grid, asked: Slurm, arguments: Sequence[str], folder: Path) -> str:
    """A script for sbatch. arguments: of `sweeper launch`.  folder: the working folder.

    Raises UsageError where nothing says how many CPUs a node is to give."""
    lines = ["#!/bin/bash"]
    lines += [f"#SBATCH {option}" for option in _options(grid, asked, folder)]
    lines += ["", *asked.setup] if asked.setup else []
    job = [sys.executable, "-P", "-m", "sweeper.slurm.job", "--max-requeues"]
    command = shlex.join([*job, str(asked.max_requeues), "--", *arguments])
    return "\n".join([*lines, "", f"exec {command}", ""])


def log_file(grid: Grid, folder: Path, job: str) -> Path:
    """Where a job's output goes; all its restarts append to it."""
    return folder / LOGS / f"{grid.title}-{job}.log"


def _options(grid: Grid, asked: Slurm, folder: Path) -> Iterator[str]:
    values = {
        "job-name": f"sweeper-{grid.title}",
        "nodes": asked.nodes,
        "ntasks-per-node": 1,
        "cpus-per-task": _cpus(grid, asked),
        "gpus-per-node": asked.gpus_per_node or None,
        "time": asked.time,
        "partition": asked.partition,
        "account": asked.account,
        "signal": f"B:USR1@{asked.warn_s}",  # to the first process only
        "open-mode": "append",
        "output": str(log_file(grid, folder, "%j")),
        "chdir": str(folder),
    }
    for name, value in values.items():
        if value is not None:
            yield f"--{name}={_quoted(str(value))}"
    yield "--requeue"
    if asked.nodes > 1:
        yield "--no-kill"  # when a node is lost, the launch continues on the others
    yield from asked.options


def _cpus(grid: Grid, asked: Slurm) -> int:
    """Of each node."""
    if asked.cpus_per_node is not None:
        return asked.cpus_per_node
    if not asked.gpus_per_node:
        raise UsageError(
            "--slurm: say how many CPUs a node gives: --cpus-per-node, or `resources: {slurm: "
            "{cpus_per_node: 16}}` in the grid"
        )
    share = grid.resources.gpu or 1.0
    trainings = math.floor(1 / share) * asked.gpus_per_node if share <= 1 else asked.gpus_per_node
    return math.ceil(trainings * grid.resources.cpu)


def _quoted(value: str) -> str:
    """A value of an #SBATCH line, in which sbatch reads quotes and expands nothing."""
    return f'"{value}"' if set(value) & set(" #'") else value
