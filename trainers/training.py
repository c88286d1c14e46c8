"""A training from its first step or its newest checkpoint to its last milestone.

A training is advanced in slices, so that its caller (a progress bar, a Ray actor) can report or
stop between them. The length of the slices changes no result."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from trainers.config import KeepRule, TrainingConfig, sorted_json
from trainers.datasets import open_dataset
from trainers.datasets.access.dataset import Dataset
from trainers.networks import AutoEncoder
from trainers.running.eager import EagerRunner
from trainers.running.graph import GraphRunner
from trainers.running.image_table import image_table
from trainers.running.inputs import Chunks, Inputs
from trainers.running.process import keep_freed_memory
from trainers.running.runner import Runner
from trainers.running.step import TrainStep
from trainers.saving.checkpoints import CheckpointWriter, load_newest
from trainers.saving.folders import Folder
from trainers.saving.records import (
    Milestone,
    divergence_reason,
    milestones_left,
    write_divergence,
    write_milestone,
)
from trainers.saving.weights import best_kept, keep_weights, selection_value
from trainers.scoring.milestone import evaluate_split
from trainers.splits import Split, split

log = logging.getLogger(__name__)

Status = Literal["running", "finished", "diverged"]


@dataclass(frozen=True)
class Progress:
    """The state of a training after a slice.

    losses: the latest reconstruction error, KL and total, as 'recon', 'kl', 'total'.
    scores: the metrics of a milestone reached in this slice.  records: the name of its record, by
    iteration.  reason: why the training diverged, or ''."""

    iteration: int
    status: Status
    losses: Mapping[str, float] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    records: Mapping[int, str] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class _Parts:
    """What a training holds while milestones are left."""

    dataset: Dataset
    split: Split
    stepper: TrainStep
    runner: Runner
    writer: CheckpointWriter


class Training:
    """One training in its folder.

    Opening it restores the newest intact checkpoint that is not beyond the first milestone still
    to be scored; with no milestone left it opens no dataset and builds no network.

    device: a torch device.  checkpoint_s: seconds between checkpoints.  keep_weights: of which
    milestone the weights are kept; None: of none.  keep_all: keep the
    weights of every milestone.  dataset: used in place of the configuration's.  on_device: whether
    inputs and recorded values stay on the device for a few hundred steps; None: on a GPU only.

    Raises ConfigError, DataError or RecordError."""

    def __init__(
        self,
        config: TrainingConfig,
        folder: Folder,
        *,
        device: str = "cpu",
        checkpoint_s: float = 60.0,
        keep_weights: KeepRule | None = None,
        keep_all: bool = False,
        dataset: Dataset | None = None,
        on_device: bool | None = None,
    ) -> None:
        self.config = config
        self.iteration = 0
        self._folder = folder
        self._device = torch.device(device)
        self._keep_weights = keep_weights
        self._keep_all = keep_all
        self._checkpoint_s = checkpoint_s
        self._checkpointed = time.monotonic()
        self._identity = sorted_json(config.identity())
        self._trajectory: list[np.ndarray] = []
        self._last_T: np.ndarray | None = None  # values of the latest step run by this object
        self._train_s = 0.0
        self._interrupted_in_step = False
        self._milestones_left, self._reason = milestones_left(folder, config.milestones)
        self._parts: _Parts | None = None
        if self._milestones_left:
            on_gpu = self._device.type == "cuda"
            self._parts = self._open(dataset, on_gpu if on_device is None else on_device)

    def _open(self, dataset: Dataset | None, on_device: bool) -> _Parts:
        config = self.config
        keep_freed_memory()
        dataset = dataset or open_dataset(
            config.dataset,
            source=None if config.path else config.source,
            data_dir=Path(config.data_dir) if config.data_dir else None,
            path=Path(config.path) if config.path else None,
        )
        if config.precision == "tf32" and self._device.type != "cuda":
            log.warning("precision tf32 has no effect on %s; it is float32", self._device)
        evaluation = config.evaluation
        data_split = split(
            len(dataset),
            seed=evaluation.split_seed,
            validation_fraction=evaluation.validation_fraction,
            test_fraction=evaluation.test_fraction,
        )
        stepper = TrainStep(config, dataset.spec.image_CHW, dataset.scale, self._device)
        state = load_newest(self._folder, self._identity, at_most=self._milestones_left[0])
        if state is not None:
            self.iteration = state["iteration"]
            stepper.load(state)
            self._trajectory = [state["trajectory"].numpy()]
            log.info("resuming from iteration %d", self.iteration)
        runner = _runner(config, dataset, data_split.train, stepper, on_device)
        return _Parts(dataset, data_split, stepper, runner, CheckpointWriter(self._folder))

    @property
    def reason(self) -> str:
        """Why the training diverged, or ''."""
        return self._reason

    @property
    def status(self) -> Status:
        if self._milestones_left:
            return "running"
        return "diverged" if self._reason else "finished"

    def advance(self, seconds: float = 2.0) -> Progress:
        """Trains for about `seconds` (at least one block of steps), or until a milestone is scored
        or the training has ended."""
        end = time.monotonic() + seconds
        records: dict[int, str] = {}
        scores: Mapping[str, float] = {}
        while self._parts is not None and self._milestones_left and not records:
            # A checkpoint can be of the very iteration whose milestone was lost.
            if self.iteration < self._milestones_left[0] and not self._train_block(self._parts):
                break
            if self.iteration == self._milestones_left[0]:
                milestone = self._score(self._parts)
                records[self.iteration] = write_milestone(self._folder, milestone)
                scores = milestone.metrics
                self._milestones_left.pop(0)
            self._checkpoint_if_due(self._parts)
            if time.monotonic() >= end:
                break
        return Progress(
            iteration=self.iteration,
            status=self.status,
            losses=self._latest(),
            scores=scores,
            records=records,
            reason=self._reason,
        )

    def save(self) -> None:
        """Writes a checkpoint of this iteration and waits until it is on disk.

        Does nothing before the first step, and after an exception inside a block: the weights then
        belong to no known step."""
        if self._parts is not None and self.iteration and not self._interrupted_in_step:
            self._submit_checkpoint(self._parts)
            self._parts.writer.wait()

    def close(self) -> None:
        """Waits until the last checkpoint is written and frees the threads."""
        if self._parts is not None:
            self._parts.runner.close()
            self._parts.writer.close()

    def _train_block(self, parts: _Parts) -> bool:
        """Runs a block of steps. False if a recorded value is not finite."""
        start = time.perf_counter()
        first = self.iteration + 1
        block_steps = parts.runner.max_block_steps(self.iteration)
        last = min(self._milestones_left[0], self.iteration + block_steps)
        self._interrupted_in_step = True
        rows_ST = parts.runner.run(first, last)
        self._interrupted_in_step = False
        self.iteration = last
        self._train_s += time.perf_counter() - start
        steps_S = np.arange(first, self.iteration + 1)
        finite_S = np.isfinite(rows_ST).all(axis=1)
        self._last_T = rows_ST[-1]
        if not finite_S.all():
            bad = int(np.argmin(finite_S))
            term = parts.stepper.names[int(np.argmin(np.isfinite(rows_ST[bad])))]
            self._reason = divergence_reason(int(steps_S[bad]), term)
            write_divergence(self._folder, int(steps_S[bad]), term)
            self._milestones_left.clear()
            return False
        kept_S = (steps_S % self.config.record_every == 0) | (steps_S == 1)
        self._trajectory.append(np.column_stack([steps_S, rows_ST])[kept_S])
        return True

    def _score(self, parts: _Parts) -> Milestone:
        representation, metrics, failed = evaluate_split(
            parts.stepper, parts.dataset, parts.split, self.config, self.iteration
        )
        milestone = Milestone(
            iteration=self.iteration,
            metrics=metrics,
            trajectory_names=parts.stepper.names,
            trajectory_ST=np.concatenate(self._trajectory),
            mu_NL=representation.mu_NL,
            logvar_NL=representation.logvar_NL,
            factors_NK=representation.factors_NK,
            indices_N=representation.indices_N,
            about=self._about(parts.dataset),
            failed=failed,
        )
        if self._keep_weights is not None:
            self._keep(parts.stepper.network, milestone, self._keep_weights)
        return milestone

    def _keep(self, network: AutoEncoder, milestone: Milestone, rule: KeepRule) -> None:
        """Keeps the weights of the best milestone; the earlier of two equal ones, as selection."""
        if self._keep_all or selection_value(milestone, rule) > best_kept(self._folder, rule):
            replace = not self._keep_all
            keep_weights(self._folder, network, milestone, rule.metric, replace=replace)

    def _about(self, dataset: Dataset) -> dict[str, object]:
        spec = dataset.spec
        return {
            "identity": self.config.identity(),
            "dataset_fingerprint": dataset.fingerprint,
            "factor_names": list(spec.factor_names),
            "factor_sizes": list(spec.factor_sizes),
            "image_CHW": list(spec.image_CHW),
            "scale": dataset.scale,
            "created_s": time.time(),
            "train_s": self._train_s,
            "torch": torch.__version__,
            "threads": torch.get_num_threads(),
            "device": torch.cuda.get_device_name() if self._device.type == "cuda" else "cpu",
        }

    def _checkpoint_if_due(self, parts: _Parts) -> None:
        ended = not self._milestones_left
        due = time.monotonic() - self._checkpointed >= self._checkpoint_s
        if ended or (due and not parts.writer.busy):
            self._submit_checkpoint(parts)
        if ended:
            parts.writer.wait()

    def _submit_checkpoint(self, parts: _Parts) -> None:
        self._checkpointed = time.monotonic()
        state = parts.stepper.state() | {
            "identity": self._identity,
            "iteration": self.iteration,
            "trajectory": torch.from_numpy(np.concatenate(self._trajectory)),
        }
        parts.writer.submit(self.iteration, state)

    def _latest(self) -> dict[str, float]:
        if self._last_T is None:
            return {}
        return dict(zip(("recon", "kl", "total"), map(float, self._last_T[:3]), strict=True))


def _runner(
    config: TrainingConfig,
    dataset: Dataset,
    train_N: np.ndarray,
    stepper: TrainStep,
    on_device: bool,
) -> Runner:
    inputs = Inputs(config, dataset, train_N, shuffle=stepper.needs_shuffle)
    if not on_device:
        return EagerRunner(stepper, inputs)
    images = image_table(dataset, stepper.device)
    return GraphRunner(stepper, Chunks(inputs, with_images=images is None), images)
