"""Times a few steps of each kind of training, with the resources that a launch would give them.

As many processes run at the same time as a launch runs trainings, each with as many threads: a step
is faster on an idle machine."""

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean, median
from typing import Any

from sweeper.analysis.rule import keep_rule
from sweeper.cost.machine import Slots
from sweeper.cost.speeds import Speed, kind_of, write_speeds
from sweeper.errors import EngineError
from sweeper.grid import Grid
from sweeper.messages import first_line
from sweeper.planning.plan import Plan
from sweeper.store.address import local_folder
from trainers.config import KeepRule, TrainingConfig
from trainers.config_checks import parse_config

SECONDS = 4.0  # for which the steps of one kind are timed
_NO_END = 10**9


@dataclass(frozen=True)
class _Task:
    """What a process times. folder: for checkpoints, on the disk of the sweep store."""

    config: dict[str, Any]
    folder: str
    device: str
    threads: int
    keep_weights: KeepRule | None
    seconds: float


def training_kinds(plan: Plan) -> list[TrainingConfig]:
    """One training of each kind and batch size that is left in the plan."""
    found: dict[tuple[str, int], TrainingConfig] = {}
    for training in plan.trainings:
        if training.todo and not training.unresolved:
            key = (kind_of(training.config), training.config.batch_size)
            found.setdefault(key, training.config)
    return list(found.values())


def calibrate(
    plan: Plan,
    grid: Grid,
    slots: Slots,
    store: str,
    data_dir: Path,
    *,
    seconds: float = SECONDS,
    on_kind: Callable[[TrainingConfig, Speed], None] = lambda config, speed: None,
) -> list[tuple[TrainingConfig, Speed]]:
    """Times every kind of the plan and keeps the speeds in the store.

    Raises EngineError where a training cannot be opened or dies."""
    folder_on_disk = local_folder(store)
    folder_on_disk.mkdir(parents=True, exist_ok=True)
    found = []
    with (
        tempfile.TemporaryDirectory(prefix=".calibration-", dir=folder_on_disk) as folder,
        ProcessPoolExecutor(slots.workers, multiprocessing.get_context("spawn")) as pool,
    ):
        for number, config in enumerate(training_kinds(plan)):
            placed = replace(config, data_dir=config.data_dir or str(data_dir))
            tasks = [
                _Task(
                    replace(placed, seed=worker).to_dict(),
                    str(Path(folder, f"{number}-{worker}")),
                    "cuda" if slots.device == "gpu" else "cpu",
                    slots.threads,
                    keep_rule(grid),
                    seconds,
                )
                for worker in range(slots.workers)
            ]
            speed = _mean(_results([pool.submit(time_training, task) for task in tasks], config))
            write_speeds(store, slots, [(config, speed)])
            found.append((config, speed))
            on_kind(config, speed)
    return found


def _results(futures: list[Future[Speed]], config: TrainingConfig) -> list[Speed]:
    what = f"{config.dataset} {config.model} with batch size {config.batch_size}"
    try:
        return [future.result() for future in futures]
    except BrokenProcessPool:
        raise EngineError(
            f"the process that timed {what} died; check that there is enough memory"
        ) from None
    except Exception as error:
        reason = first_line(error)
        raise EngineError(f"{what} cannot be timed: {reason}") from error


def _mean(speeds: Iterable[Speed]) -> Speed:
    rows = [asdict(speed) for speed in speeds]
    return Speed(**{name: fmean(row[name] for row in rows) for name in rows[0]})


def time_training(task: _Task) -> Speed:
    """Opens a training, runs one block to warm up, one milestone, and blocks for `seconds`."""
    import os

    if task.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    import torch

    from trainers.saving.folders import LocalFolder
    from trainers.training import Training

    torch.set_num_threads(task.threads)
    first = 20 if task.device == "cpu" else 500
    config = parse_config({**task.config, "milestones": [first, _NO_END]})

    def opened(name: str) -> Training:
        return Training(
            config,
            LocalFolder(Path(task.folder, name)),
            device=task.device,
            checkpoint_s=float(_NO_END),
            keep_weights=task.keep_weights,
        )

    # The first one of a process also loads libraries, once per worker in a launch.
    opened("first").close()
    began = time.perf_counter()
    training = opened("timed")
    ready = time.perf_counter()
    try:
        plain, scored = _time_blocks(training, first, ready + task.seconds)
        step_s = median(seconds / steps for seconds, steps in plain)
        closing = time.perf_counter()
        training.save()
        return Speed(
            step_s=step_s,
            score_s=max(0.0, scored[0] - scored[1] * step_s),
            open_s=ready - began,
            close_s=time.perf_counter() - closing,
        )
    finally:
        training.close()


def _time_blocks(
    training: Any, milestone: int, end: float
) -> tuple[list[tuple[float, int]], tuple[float, int]]:
    """(seconds, steps) of each block but the first, and of the one that ends in the milestone."""
    plain: list[tuple[float, int]] = []
    scored = (0.0, 0)
    first = True
    while training.status == "running" and (time.perf_counter() < end or not plain):
        before, start = training.iteration, time.perf_counter()
        progress = training.advance(0.0)
        block = (time.perf_counter() - start, training.iteration - before)
        if progress.records:
            scored = block
        elif not first:
            plain.append(block)
        first = False
    if not plain:
        raise ValueError(training.reason or "no step was timed")
    return plain, scored
