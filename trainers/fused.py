"""Several trainings advanced together, their steps as one program (`running.stack`).

They have the same data, network, batch size and milestones, and differ in seed, learning rate and
numbers of their objective. Each keeps its own folder, records and checkpoints.

Shapes: S steps, K trainings, T recorded values."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from trainers.config import TrainingConfig
from trainers.errors import ConfigError
from trainers.running.eager import BLOCK_STEPS
from trainers.running.graph import GraphRunner
from trainers.running.inputs import StackedInputs
from trainers.running.parts import graph_runner
from trainers.running.stack import StackedStep
from trainers.saving.checkpoints import PREFIX
from trainers.saving.folders import Folder, files_by_number
from trainers.saving.records import milestones_left
from trainers.training import Progress, Status, Training


class FusedTrainings:
    """The trainings of several configurations, in the folder of each.

    All begin at the newest iteration of which each has an intact checkpoint. Those that have ended
    already are left out. options: of `Training`, for all of them.

    Raises ConfigError, DataError or RecordError."""

    def __init__(
        self, configs: Sequence[TrainingConfig], folders: Sequence[Folder], **options: Any
    ) -> None:
        _check_alike(configs)
        self._on_cpu = str(options.get("device", "cpu")) == "cpu"
        self._interrupted_in_step = False
        self.trainings = self._open(configs, folders, options)
        self._stacked = [one for one in self.trainings if one.parts is not None]
        self._runner: GraphRunner | None = None
        if self._stacked:
            self._runner = _stacked_runner(self._stacked)

    def _open(
        self,
        configs: Sequence[TrainingConfig],
        folders: Sequence[Folder],
        options: Mapping[str, Any],
    ) -> list[Training]:
        pairs = list(zip(configs, folders, strict=True))
        while True:
            start = _common_start(pairs)
            found: list[Training] = []
            for pair in pairs:
                found.append(Training(*pair, member_from=start, **options))
                if found[-1].parts is not None:  # one dataset for all
                    options = {**options, "dataset": found[-1].parts.dataset}
            if all(one.iteration == start for one in found if one.status == "running"):
                return found
            for one in found:  # a damaged checkpoint was removed
                one.close()

    @property
    def status(self) -> Status:
        """'running' while any of them runs; 'diverged' if all have."""
        found = {one.status for one in self.trainings}
        if found == {"diverged"}:
            return "diverged"
        return "running" if "running" in found else "finished"

    @property
    def is_captured(self) -> bool:
        """Whether its steps run as a CUDA graph."""
        return self._runner is not None and self._runner.is_captured

    @property
    def iteration(self) -> int:
        """Of the training that is furthest."""
        return max(one.iteration for one in self.trainings)

    @property
    def reason(self) -> str:
        """Why the first that diverged did, or ''."""
        return next((one.reason for one in self.trainings if one.reason), "")

    def advance(self, seconds: float = 2.0) -> list[Progress]:
        """Trains for about `seconds` (at least one block of steps), or until a milestone is scored
        or every training has ended. The progress of each training, in the order given."""
        end = time.monotonic() + seconds
        reached: dict[int, tuple[dict[int, str], Mapping[str, float]]] = {}
        while self.status == "running" and not reached:
            self._train_block()
            for place, one in enumerate(self.trainings):
                found = one.score_if_due()
                if found[0]:
                    reached[place] = found
            self._checkpoint_if_due()
            if time.monotonic() >= end:
                break
        return [one.progress(*reached.get(k, ({}, {}))) for k, one in enumerate(self.trainings)]

    def _checkpoint_if_due(self) -> None:
        """Those that run write one of the same iteration, from which all can go on."""
        running = [one for one in self.trainings if one.status == "running"]
        is_due = all(one.checkpoint_is_due for one in running)
        for one in self.trainings:
            if one.status != "running" or is_due:
                one.checkpoint_if_due()

    def save(self) -> None:
        """Writes a checkpoint of each training that runs, all of one iteration."""
        if not self._interrupted_in_step:
            for one in self.trainings:
                if one.status == "running":
                    one.save()

    def close(self) -> None:
        """Waits until the last checkpoints are written and frees the threads."""
        if self._runner is not None:
            self._runner.close()
        for one in self.trainings:
            one.close()

    def _train_block(self) -> None:
        """Steps up to the next milestone of any training. One that has ended takes part with its
        weights, and what it computes is not used."""
        assert self._runner is not None
        running = [one for one in self._stacked if one.status == "running"]
        iteration = running[0].iteration
        last = iteration + self._runner.max_block_steps(iteration)
        if self._on_cpu:  # a step takes long there
            last = min(last, iteration + BLOCK_STEPS)
        last = min(last, *(one.next_milestone for one in running))
        if last == iteration:  # a milestone of this very iteration was lost
            return
        start = time.perf_counter()
        self._interrupted_in_step = True
        rows_SKT = self._runner.run(iteration + 1, last)
        self._interrupted_in_step = False
        seconds = (time.perf_counter() - start) / len(running)
        for k, one in enumerate(self._stacked):
            if one.status == "running":
                one.take_rows(rows_SKT[:, k], seconds)


def open_trainings(
    configs: Sequence[TrainingConfig], folders: Sequence[Folder], **options: Any
) -> Training | FusedTrainings:
    """One training, or several that are fused. options: of `Training`.

    Raises ConfigError, DataError or RecordError; ValueError for several that are not fused."""
    if configs[0].fused:
        return FusedTrainings(configs, folders, **options)
    (config,), (folder,) = configs, folders
    return Training(config, folder, **options)


def advance(trainings: Training | FusedTrainings, seconds: float = 2.0) -> list[Progress]:
    """The progress of each training, in the order given to `open_trainings`."""
    found = trainings.advance(seconds)
    return [found] if isinstance(found, Progress) else found


def _stacked_runner(trainings: Sequence[Training]) -> GraphRunner:
    parts = [one.parts for one in trainings if one.parts is not None]
    inputs = StackedInputs([one.inputs for one in parts])
    stepper = StackedStep([one.stepper for one in parts])
    return graph_runner(parts[0].dataset, stepper, inputs)


def _common_start(pairs: Sequence[tuple[TrainingConfig, Folder]]) -> int:
    """The newest iteration of which each training with milestones left has a checkpoint, none of
    them beyond its next milestone; 0 without."""
    common: set[int] | None = None
    for config, folder in pairs:
        left, _ = milestones_left(folder, config.milestones)
        if left:
            steps = {step for step in files_by_number(folder, PREFIX) if step <= left[0]}
            common = steps if common is None else common & steps
    return max(common or {0})


def _check_alike(configs: Sequence[TrainingConfig]) -> None:
    """Raises ConfigError where the configurations differ in what one program cannot vary."""
    plain = [config.program_identity() for config in configs]
    names = sorted({name for one in plain for name in one})
    differing = [
        name for name in names if any(one.get(name) != plain[0].get(name) for one in plain)
    ]
    if differing:
        raise ConfigError(
            f"trainings that differ in {', '.join(differing)} cannot be fused; they may differ in "
            "seed, learning rate and numbers of the model"
        )
