"""The machine of a local launch, and how many trainings it runs at a time.

Loads neither torch nor Ray, so that a plan is printed quickly."""

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

from sweeper.grid import Grid
from sweeper.slurm.allocation import current_allocation

_GPUS = Path("/proc/driver/nvidia/gpus")


@dataclass(frozen=True)
class Machine:
    """name: of the GPU, or of the processor if there is none."""

    name: str
    cpus: int
    gpus: int = 0


@dataclass(frozen=True)
class Slots:
    """Resources of trainings. device: 'cpu' or 'gpu'.  gpu: GPUs per training.
    threads: of torch, per training.  workers: jobs at a time.  fused: trainings of a job, at most.
    """

    machine: Machine
    device: str
    gpu: float
    threads: int
    workers: int
    fused: int = 1

    @property
    def at_a_time(self) -> int:
        """How many trainings run at a time, at most."""
        return self.workers * self.fused

    @property
    def key(self) -> str:
        """Identifies the setting in which a measured speed is valid."""
        return f"{self.key_without_workers}{self.workers}"

    @property
    def key_without_workers(self) -> str:
        """The key without the number of workers at its end."""
        given = f"{self.threads} threads and {self.gpu:g} GPU each"
        given += f", {self.fused} fused" if self.fused > 1 else ""
        return f"{self.machine.name}, {self.machine.cpus} CPUs, {given}, at a time: "


def local_machine() -> Machine:
    """This machine, as the kernel describes it."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    gpus = _gpu_names()
    if (allocation := current_allocation()) is not None:
        cpus, gpus = allocation.cpus, gpus[: allocation.gpus]
    return Machine(gpus[0] if gpus else _cpu_name(), cpus or 1, len(gpus))


def slots_for(grid: Grid, machine: Machine, trainings: int, workers: int | None = None) -> Slots:
    """Resources that `launch` gives each of `trainings`. workers: trainings at a time, instead of
    as many as fit; those that are fused count as one."""
    asked, fused = grid.resources, grid.fused or 1
    gpu = min(1.0, machine.gpus) if asked.gpu is None else asked.gpu
    fit = math.floor(machine.cpus / asked.cpu)
    if gpu:
        shares = math.floor(1 / gpu) * machine.gpus if gpu < 1 else math.floor(machine.gpus / gpu)
        fit = min(fit, shares)
    most = asked.max_concurrent or fit
    return Slots(
        machine,
        device="gpu" if gpu else "cpu",
        gpu=gpu,
        threads=max(1, math.floor(asked.cpu)),
        workers=workers or max(1, min(fit, most, max(1, math.ceil(trainings / fused)))),
        fused=fused,
    )


def _gpu_names() -> list[str]:
    if os.environ.get("CUDA_VISIBLE_DEVICES") == "":
        return []
    try:
        texts = [(path / "information").read_text() for path in sorted(_GPUS.iterdir())]
    except OSError:
        return []
    return [_field(text, "Model") or "GPU" for text in texts]


def _cpu_name() -> str:
    try:
        return _field(Path("/proc/cpuinfo").read_text(), "model name") or "CPU"
    except OSError:
        return "CPU"


def _field(text: str, name: str) -> str:
    found = re.search(rf"^{name}\s*:\s*(.+)$", text, re.MULTILINE)
    return " ".join(found[1].split()) if found else ""
