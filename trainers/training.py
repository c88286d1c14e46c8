"""A training from its first step or its newest checkpoint to its last milestone.

A training is advanced in slices, so that its caller (a progress bar, a Ray actor) can report or
stop between them. The length of the slices changes no result."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch

from trainers.config import KeepRule, TrainingConfig, sorted_json
from trainers.datasets.access.dataset import Dataset
from trainers.errors import ConfigError
from trainers.networks import AutoEncoder
from trainers.running.parts import Parts, open_parts, open_runner
from trainers.running.runner import Runner
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


class Training:
    """One training in its folder.

    Opening it restores the newest intact checkpoint that is not beyond the first milestone still
    to be scored; with no milestone left it opens no dataset and builds no network.

    device: a torch device.  checkpoint_s: seconds between checkpoints.  keep_weights: of which
    milestone the weights are kept; None: of none.  keep_all: keep the weights of every milestone.
    dataset: used in place of the configuration's.  on_device: whether
    inputs and recorded values stay on the device for a few hundred steps; None: on a GPU only.
    member_from: of a fused training: the iteration of the checkpoint to restore, 0 for the start.

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
        member_from: int | None = None,
    ) -> None:
        if config.fused and member_from is None:
            raise ConfigError("a fused training is opened by `fused.open_trainings`")
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
        self._is_saved = False  # its last checkpoint
        self._milestones_left, self._reason = milestones_left(folder, config.milestones)
        self.parts: Parts | None = None
        self._runner: Runner | None = None  # none where `fused.FusedTrainings` runs the steps
        self._writer = CheckpointWriter(folder)
        if self._milestones_left:
            on_gpu = self._device.type == "cuda"
            on_device = on_gpu if on_device is None else on_device
            self.parts = self._open(dataset, on_device, member_from)

    def _open(self, dataset: Dataset | None, on_device: bool, member_from: int | None) -> Parts:
        parts = open_parts(self.config, self._device, dataset)
        at_most = self._milestones_left[0] if member_from is None else member_from
        state = load_newest(self._folder, self._identity, at_most=at_most)
        if state is not None:
            self.iteration = state["iteration"]
            parts.stepper.load(state)
            self._trajectory = [state["trajectory"].numpy()]
            log.info("resuming from iteration %d", self.iteration)
        if not self.config.fused:
            self._runner = open_runner(parts, on_device)
        return parts

    @property
    def next_milestone(self) -> int:
        """The next iteration to score, of a training that runs."""
        return self._milestones_left[0]

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
        reached: tuple[dict[int, str], Mapping[str, float]] = ({}, {})
        while self.parts is not None and self._milestones_left and not reached[0]:
            # A checkpoint can be of the very iteration whose milestone was lost.
            if self.iteration < self._milestones_left[0] and not self._train_block():
                break
            reached = self.score_if_due()
            self.checkpoint_if_due()
            if time.monotonic() >= end:
                break
        return self.progress(*reached)

    def progress(
        self, records: Mapping[int, str] | None = None, scores: Mapping[str, float] | None = None
    ) -> Progress:
        """Where it stands. records, scores: of the milestone that was just reached."""
        return Progress(
            iteration=self.iteration,
            status=self.status,
            losses=self._latest(),
            scores=scores or {},
            records=records or {},
            reason=self._reason,
        )

    def score_if_due(self) -> tuple[dict[int, str], Mapping[str, float]]:
        """(record by iteration, scores) of a milestone at this iteration; both empty without."""
        if self.parts is None or self._milestones_left[:1] != [self.iteration]:
            return {}, {}
        milestone = self._score(self.parts)
        records = {self.iteration: write_milestone(self._folder, milestone)}
        self._milestones_left.pop(0)
        return records, milestone.metrics

    def save(self) -> None:
        """Writes a checkpoint of this iteration and waits until it is on disk.

        Does nothing before the first step, and after an exception inside a block: the weights then
        belong to no known step."""
        if self.parts is not None and self.iteration and not self._interrupted_in_step:
            self.submit_checkpoint()
            self._writer.wait()

    def close(self) -> None:
        """Waits until the last checkpoint is written and frees the threads."""
        if self._runner is not None:
            self._runner.close()
        self._writer.close()

    def _train_block(self) -> bool:
        """Runs a block of steps. False if a recorded value is not finite."""
        assert self._runner is not None
        start = time.perf_counter()
        first = self.iteration + 1
        block_steps = self._runner.max_block_steps(self.iteration)
        last = min(self._milestones_left[0], self.iteration + block_steps)
        self._interrupted_in_step = True
        rows_ST = self._runner.run(first, last)
        self._interrupted_in_step = False
        return self.take_rows(rows_ST, time.perf_counter() - start)

    def take_rows(self, rows_ST: np.ndarray, seconds: float) -> bool:
        """Records the steps after this iteration, which were run in `seconds`. False if a value is
        not finite: the training has then ended."""
        steps_S = np.arange(self.iteration + 1, self.iteration + 1 + len(rows_ST))
        self.iteration = int(steps_S[-1])
        self._train_s += seconds
        finite_S = np.isfinite(rows_ST).all(axis=1)
        self._last_T = rows_ST[-1]
        if not finite_S.all():
            bad = int(np.argmin(finite_S))
            assert self.parts is not None
            term = self.parts.stepper.names[int(np.argmin(np.isfinite(rows_ST[bad])))]
            self._reason = divergence_reason(int(steps_S[bad]), term)
            write_divergence(self._folder, int(steps_S[bad]), term)
            self._milestones_left.clear()
            return False
        kept_S = (steps_S % self.config.record_every == 0) | (steps_S == 1)
        self._trajectory.append(np.column_stack([steps_S, rows_ST])[kept_S])
        return True

    def _score(self, parts: Parts) -> Milestone:
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

    @property
    def checkpoint_is_due(self) -> bool:
        """Whether the last checkpoint is old and written."""
        is_old = time.monotonic() - self._checkpointed >= self._checkpoint_s
        return self.parts is not None and is_old and not self._writer.busy

    def checkpoint_if_due(self) -> None:
        """Starts a checkpoint if one is due; waits for the last one of a training that ended."""
        if self.parts is None or self._is_saved or self._reason:
            return
        if not self._milestones_left:
            self.submit_checkpoint()
            self._writer.wait()
            self._is_saved = True
        elif self.checkpoint_is_due:
            self.submit_checkpoint()

    def submit_checkpoint(self) -> None:
        """Starts to write a checkpoint of this iteration."""
        assert self.parts is not None
        self._checkpointed = time.monotonic()
        state = self.parts.stepper.state() | {
            "identity": self._identity,
            "iteration": self.iteration,
            "trajectory": torch.from_numpy(np.concatenate(self._trajectory)),
        }
        self._writer.submit(self.iteration, state)

    def _latest(self) -> dict[str, float]:
        if self._last_T is None:
            return {}
        return dict(zip(("recon", "kl", "total"), map(float, self._last_T[:3]), strict=True))
