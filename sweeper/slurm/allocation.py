"""The Slurm allocation that this process runs in: its nodes, and its share of this one."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from sweeper.errors import UsageError


@dataclass(frozen=True)
class Allocation:
    """cpus, gpus: on this node.  num_nodes: of the job.  cpus_per_task: '' where not given."""

    job_id: str
    num_nodes: int
    cpus: int
    gpus: int
    cpus_per_task: str = ""


def current_allocation(environment: Mapping[str, str] | None = None) -> Allocation | None:
    """None where this process is on no node of an allocation."""
    found = os.environ if environment is None else environment
    if "SLURM_JOB_ID" not in found or not _is_on_node(found):
        return None
    return Allocation(
        found["SLURM_JOB_ID"],
        int(found.get("SLURM_JOB_NUM_NODES", 1)),
        _cpus(found),
        _gpus(found),
        found.get("SLURM_CPUS_PER_TASK", ""),
    )


def check_on_node(environment: Mapping[str, str] | None = None) -> None:
    """Raises UsageError on a login node that holds an allocation: its nodes would idle."""
    found = os.environ if environment is None else environment
    if "SLURM_JOB_ID" in found and not _is_on_node(found):
        raise UsageError(
            f"this shell holds the Slurm allocation {found['SLURM_JOB_ID']}, and is not on one of "
            "its nodes. Launch there: srun --nodes=1 --ntasks=1 --pty sweeper launch ..., or as a "
            "batch job: sweeper launch --slurm"
        )


def _is_on_node(environment: Mapping[str, str]) -> bool:
    return "SLURMD_NODENAME" in environment


def _cpus(environment: Mapping[str, str]) -> int:
    """What Slurm gave on this node, and not more than this process may run on."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    given = int(environment.get("SLURM_CPUS_ON_NODE", bound or 1))
    return max(1, min(given, bound or given))


def _gpus(environment: Mapping[str, str]) -> int:
    """GPUs given on this node; those that were not requested from Slurm are not used."""
    if "SLURM_GPUS_ON_NODE" in environment:
        return int(environment["SLURM_GPUS_ON_NODE"])
    visible = environment.get("CUDA_VISIBLE_DEVICES") or environment.get("SLURM_STEP_GPUS") or ""
    return len([name for name in visible.split(",") if name and name != "NoDevFiles"])
