"""Times a few steps of each kind of training, with the resources that a launch would give them.

As many processes run at the same time as a launch runs trainings, each with as many threads: a step
is faster on an idle machine."""

import math
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median
from typing import Any

from sweeper.cost.machine import Slots
from sweeper.cost.speeds import Speed, kind_of
from sweeper.errors import EngineError
from sweeper.messages import first_line
from sweeper.planning.plan import Plan
from trainers.config import KeepRule, TrainingConfig
from trainers.config_checks import parse_config

SECONDS = 4.0  # for which the steps of one kind are timed
_NO_END = 10**9


@dataclass(frozen=True)
class Conditions:
    """How trainings are timed. folder: for checkpoints, on the disk of the sweep store.
    data_dir: of prepared datasets.  seconds: for which the steps of one kind are timed."""

    slots: Slots
    folder: Path
    data_dir: Path
    keep_weights: KeepRule | None = None
    seconds: float = SECONDS

    @property
    def device(self) -> str:
        return "cuda" if self.slots.device == "gpu" else "cpu"


def training_kinds(plan: Plan) -> list[TrainingConfig]:
    """One training of each kind and batch size that is left in the plan."""
    found: dict[tuple[str, int], TrainingConfig] = {}
    for training in plan.trainings:
        if training.todo and not training.unresolved:
            key = (kind_of(training.config), training.config.batch_size)
            found.setdefault(key, training.config)
    return list(found.values())


def calibrate(
    configs: Iterable[TrainingConfig],
    given: Conditions,
    *,
    within: float = math.inf,
    on_kind: Callable[[TrainingConfig, Speed], None] = lambda config, speed: None,
    on_error: Callable[[EngineError], None] | None = None,
) -> list[tuple[TrainingConfig, Speed]]:
    """Times the steps of each training, then a milestone of each kind.

    within: seconds after which the timing ends. Trainings whose steps were not timed by then are
    left out; a milestone that was not timed has score_s 0.  on_kind: called with each result.
    on_error: called for each training that cannot be timed, which is left out.

    Raises EngineError where a training cannot be opened or dies, without `on_error`."""
    end = time.monotonic() + within
    steps: dict[int, Speed] = {}
    scores: dict[str, float] = {}
    listed = list(configs)
    given.folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=".calibration-", dir=given.folder) as folder,
        _Processes(replace(given, folder=Path(folder)), end, on_error) as processes,
    ):
        for number, config in enumerate(listed):
            if (speed := processes.time(_time_steps, config)) is not None:
                steps[number] = speed
        for number in steps:
            kind = kind_of(listed[number])
            if kind not in scores:
                scored = processes.time(_time_score, listed[number])
                scores[kind] = scored.score_s if scored else 0.0
    found = [
        (listed[number], replace(speed, score_s=scores[kind_of(listed[number])]))
        for number, speed in steps.items()
    ]
    for config, speed in found:
        on_kind(config, speed)
    return found


class _Processes:
    """As many processes as a launch runs trainings, which time the same kind at the same time."""

    def __init__(
        self,
        given: Conditions,
        end: float,
        on_error: Callable[[EngineError], None] | None,
    ) -> None:
        self._given, self._end, self._on_error = given, end, on_error
        self._pool = ProcessPoolExecutor(given.slots.workers, multiprocessing.get_context("spawn"))

    def __enter__(self) -> "_Processes":
        return self

    def __exit__(self, *error: object) -> None:
        if time.monotonic() >= self._end:
            for process in multiprocessing.active_children():
                process.kill()
        self._pool.shutdown(cancel_futures=True)

    def time(
        self, what: Callable[[dict[str, Any], Conditions], Speed], config: TrainingConfig
    ) -> Speed | None:
        """The mean of what the processes measure; None if the time is over or after an error."""
        left = self._end - time.monotonic()
        if left <= 0:
            return None
        placed = replace(config, data_dir=config.data_dir or str(self._given.data_dir))
        futures = [
            self._pool.submit(what, replace(placed, seed=worker).to_dict(), self._given)
            for worker in range(self._given.slots.workers)
        ]
        if wait(futures, None if left == math.inf else left).not_done:
            return None
        try:
            return _mean(_results(futures, config))
        except EngineError as error:
            if self._on_error is None:
                raise
            self._on_error(error)
            return None


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
    found = list(speeds)
    return Speed(
        step_s=fmean(speed.step_s for speed in found),
        score_s=fmean(speed.score_s for speed in found),
        open_s=fmean(speed.open_s for speed in found),
        close_s=fmean(speed.close_s for speed in found),
    )


def _time_steps(config: dict[str, Any], given: Conditions) -> Speed:
    """Opens a training, runs one block to warm up, and blocks for `seconds`."""
    _warm_up(config["dataset"], lambda: _open(config, given, [_NO_END]).close())
    began = time.perf_counter()
    training, members = _open(config, given, [_NO_END]), _members(config, given)
    ready = time.perf_counter()
    try:
        training.advance(0.0)
        blocks: list[float] = []
        while not blocks or time.perf_counter() < ready + given.seconds:
            before, start = training.iteration, time.perf_counter()
            training.advance(0.0)
            if training.status != "running":
                raise ValueError(training.reason)
            blocks.append((time.perf_counter() - start) / (training.iteration - before))
        closing = time.perf_counter()
        training.save()
        closed = time.perf_counter()
        step_s, open_s, close_s = median(blocks), ready - began, closed - closing
        return Speed(step_s / members, open_s=open_s / members, close_s=close_s / members)
    finally:
        training.close()


_WARM: set[str] = set()  # datasets that this process has opened


def _warm_up(dataset: str, opening: Callable[[], None]) -> None:
    """The first training of a process also loads libraries and a dataset, as a worker of a launch
    does once."""
    if dataset not in _WARM:
        opening()
        _WARM.add(dataset)


def _time_score(config: dict[str, Any], given: Conditions) -> Speed:
    """Runs one step and scores its milestone."""
    import trainers.measures  # noqa: F401  (a launch loads them once per worker)

    training = _open(config, given, [1, _NO_END])
    try:
        start = time.perf_counter()
        training.advance(0.0)
        return Speed(0.0, score_s=(time.perf_counter() - start) / _members(config, given))
    finally:
        training.close()


def _open(config: dict[str, Any], given: Conditions, milestones: list[int]) -> Any:
    """A training in a new folder, or as many fused ones as a launch runs in a program, on the
    device and with the threads of a launch."""
    import os

    if given.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    import torch

    from trainers.fused import open_trainings
    from trainers.saving.folders import LocalFolder

    torch.set_num_threads(given.slots.threads)
    numbers = range(_members(config, given))
    parsed = parse_config({**config, "milestones": milestones})
    return open_trainings(
        [replace(parsed, seed=parsed.seed + number) for number in numbers],
        [LocalFolder(Path(tempfile.mkdtemp(dir=given.folder))) for _ in numbers],
        device=given.device,
        checkpoint_s=float(_NO_END),
        keep_weights=given.keep_weights,
    )


def _members(config: dict[str, Any], given: Conditions) -> int:
    """How many trainings a launch runs in one program with this one."""
    return given.slots.fused if config.get("fused") else 1
