"""A training from its first step or its newest checkpoint to its last milestone.

A training is advanced in slices, so that whoever drives it (a progress bar, a Ray actor) can
report, stop or go on between them; where the slices fall changes no number."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from trainers.config import TrainingConfig
from trainers.datasets import open_dataset
from trainers.datasets.access.dataset import Dataset
from trainers.running.eager import EagerRunner
from trainers.running.graph import GraphRunner
from trainers.running.image_table import image_table
from trainers.running.inputs import Chunks, Inputs
from trainers.running.process import keep_freed_memory
from trainers.running.step import TrainStep
from trainers.saving.checkpoints import CheckpointWriter, load_newest
from trainers.saving.folders import Folder
from trainers.saving.records import (
    Milestone,
    find_records,
    read_divergence,
    sorted_json,
    write_divergence,
    write_milestone,
)
from trainers.saving.weights import best_kept, keep_weights, selection_value
from trainers.scoring.milestone import evaluate
from trainers.splits import split

log = logging.getLogger(__name__)

Status = Literal["running", "finished", "diverged"]


@dataclass(frozen=True)
class Progress:
    """Where a training stands. losses: latest values of recon, kl, total.

    records: names of milestone records written since the last call."""

    iteration: int
    status: Status
    losses: Mapping[str, float] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    records: Mapping[int, str] = field(default_factory=dict)
    reason: str = ""


class Training:
    """One training in its folder. Opening it restores the newest good checkpoint that is not
    beyond the first milestone still to be scored.

    device: a torch device. checkpoint_s: seconds between checkpoints.  on_device: whether inputs
    and recorded values stay on the device for a few hundred steps; None: where it is a GPU.
    keep_weights: the metric ('measure/cbd') by which the best milestone's weights are kept, or
    None.  keep_all: keep those of every milestone."""

    def __init__(
        self,
        config: TrainingConfig,
        folder: Folder,
        *,
        device: str = "cpu",
        checkpoint_s: float = 60.0,
        keep_weights: str | None = None,
        keep_all: bool = False,
        dataset: Dataset | None = None,
        on_device: bool | None = None,
    ) -> None:
        self.config = config
        self._folder = folder
        self._device = torch.device(device)
        self._keep_weights = keep_weights
        self._keep_all = keep_all
        self._checkpoint_s = checkpoint_s
        self._checkpointed = time.monotonic()
        found = find_records(folder)
        self._reason = ""
        diverged_at = None
        for name in found.diverged.values():
            diverged_at, term = read_divergence(folder, name)
            self._reason = _reason(diverged_at, term)
        self._missing = [
            m
            for m in sorted(config.milestones)
            if m not in found.milestones and (diverged_at is None or m < diverged_at)
        ]
        self.iteration = 0
        self._trajectory: list[np.ndarray] = []
        self._train_s = 0.0
        self._interrupted_in_step = False
        if self._missing:
            self._open(config, dataset)
            on_gpu = self._device.type == "cuda"
            self._runner = self._make_runner(on_gpu if on_device is None else on_device)

    def _open(self, config: TrainingConfig, dataset: Dataset | None) -> None:
        keep_freed_memory()
        self._identity = sorted_json(config.identity())
        self.dataset = dataset or open_dataset(
            config.dataset,
            source=None if config.path else config.source,
            data_dir=Path(config.data_dir) if config.data_dir else None,
            path=Path(config.path) if config.path else None,
        )
        evaluation = config.evaluation
        self._split = split(
            len(self.dataset),
            seed=evaluation.split_seed,
            validation_fraction=evaluation.validation_fraction,
            test_fraction=evaluation.test_fraction,
        )
        spec = self.dataset.spec
        self._stepper = TrainStep(config, spec.image_CHW, self.dataset.scale, self._device)
        self._writer = CheckpointWriter(self._folder)
        state = load_newest(self._folder, self._identity, at_most=self._missing[0])
        if state is not None:
            self.iteration = state["iteration"]
            self._stepper.load(state)
            self._trajectory = [state["trajectory"].numpy()]
            log.info("going on from iteration %d", self.iteration)

    def _make_runner(self, on_device: bool) -> EagerRunner | GraphRunner:
        shuffle = self._stepper.needs_shuffle
        inputs = Inputs(self.config, self.dataset, self._split.train, shuffle=shuffle)
        if not on_device:
            return EagerRunner(self._stepper, inputs)
        images = image_table(self.dataset, self._device)
        return GraphRunner(self._stepper, Chunks(inputs, with_images=images is None), images)

    @property
    def reason(self) -> str:
        """Why the training diverged, or ''."""
        return self._reason

    @property
    def status(self) -> Status:
        if self._missing:
            return "running"
        return "diverged" if self._reason else "finished"

    def advance(self, seconds: float = 2.0) -> Progress:
        """Trains for about `seconds` (one block of steps at least), or until a milestone is scored
        or the training is over."""
        end = time.monotonic() + seconds
        records: dict[int, str] = {}
        scores: Mapping[str, float] = {}
        while self._missing and not records:
            if not self._train_block():
                break
            if self.iteration == self._missing[0]:
                milestone = self._score()
                records[self.iteration] = write_milestone(self._folder, milestone)
                scores = milestone.metrics
                self._missing.pop(0)
            self._checkpoint_if_due()
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

        Writes none after an exception inside a block: the weights are then of no known step."""
        if self.iteration and not self._interrupted_in_step and hasattr(self, "_writer"):
            self._submit_checkpoint()
            self._writer.wait()

    def close(self) -> None:
        """Waits for the last checkpoint's write and frees the threads."""
        if hasattr(self, "_runner"):
            self._runner.close()
        if hasattr(self, "_writer"):
            self._writer.close()

    def _train_block(self) -> bool:
        """Runs a block of steps; False when a value they recorded is not finite."""
        start = time.perf_counter()
        first = self.iteration + 1
        last = min(self._missing[0], self.iteration + self._runner.max_block_steps(self.iteration))
        self._interrupted_in_step = True
        rows_ST = self._runner.run(first, last)
        self._interrupted_in_step = False
        self.iteration = last
        self._train_s += time.perf_counter() - start
        steps_S = np.arange(first, self.iteration + 1)
        finite_S = np.isfinite(rows_ST).all(axis=1)
        self._last = rows_ST[-1]
        if not finite_S.all():
            bad = int(np.argmin(finite_S))
            term = self._stepper.names[int(np.argmin(np.isfinite(rows_ST[bad])))]
            self._reason = _reason(int(steps_S[bad]), term)
            write_divergence(self._folder, int(steps_S[bad]), term)
            self._missing.clear()
            return False
        kept_S = (steps_S % self.config.record_every == 0) | (steps_S == 1)
        self._trajectory.append(np.column_stack([steps_S, rows_ST])[kept_S])
        return True

    def _score(self) -> Milestone:
        config, num_points = self.config, self.config.evaluation.num_points
        validation_N = self._split.validation[:num_points]
        representation, metrics, failed = evaluate(
            self._stepper, self.dataset, validation_N, config, self.iteration, part="valid"
        )
        if len(self._split.test):
            _, on_test, failed_on_test = evaluate(
                self._stepper,
                self.dataset,
                self._split.test[:num_points],
                config,
                self.iteration,
                part="test",
            )
            metrics, failed = metrics | on_test, failed or failed_on_test
        milestone = Milestone(
            iteration=self.iteration,
            metrics=metrics,
            trajectory_names=self._stepper.names,
            trajectory_ST=np.concatenate(self._trajectory),
            mu_NL=representation.mu_NL,
            logvar_NL=representation.logvar_NL,
            factors_NK=representation.factors_NK,
            indices_N=representation.indices_N,
            about=self._about(),
            failed=failed,
        )
        if self._keep_weights is not None:
            self._keep(milestone, self._keep_weights)
        return milestone

    def _keep(self, milestone: Milestone, by: str) -> None:
        """Equal scores keep the earlier milestone, as selection does."""
        if self._keep_all or selection_value(milestone, by) > best_kept(self._folder, by):
            network = self._stepper.network
            keep_weights(self._folder, network, milestone, by, replace=not self._keep_all)

    def _about(self) -> dict[str, object]:
        spec = self.dataset.spec
        return {
            "identity": self.config.identity(),
            "dataset_fingerprint": self.dataset.fingerprint,
            "factor_names": list(spec.factor_names),
            "factor_sizes": list(spec.factor_sizes),
            "image_CHW": list(spec.image_CHW),
            "scale": self.dataset.scale,
            "created_s": time.time(),
            "train_s": self._train_s,
            "torch": torch.__version__,
            "threads": torch.get_num_threads(),
            "device": torch.cuda.get_device_name() if self._device.type == "cuda" else "cpu",
        }

    def _checkpoint_if_due(self) -> None:
        over = not self._missing
        due = time.monotonic() - self._checkpointed >= self._checkpoint_s
        if over or (due and not self._writer.busy):
            self._submit_checkpoint()
        if over:
            self._writer.wait()

    def _submit_checkpoint(self) -> None:
        self._checkpointed = time.monotonic()
        state = self._stepper.state() | {
            "identity": self._identity,
            "iteration": self.iteration,
            "trajectory": torch.from_numpy(np.concatenate(self._trajectory)),
        }
        self._writer.submit(self.iteration, state)

    def _latest(self) -> dict[str, float]:
        last = getattr(self, "_last", None)
        if last is None:
            return {}
        return dict(zip(("recon", "kl", "total"), map(float, last[:3]), strict=True))


def _reason(iteration: int, term: str) -> str:
    return f"{term} was not finite at step {iteration}"
