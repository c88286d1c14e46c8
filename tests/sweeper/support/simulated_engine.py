"""An engine that trains nothing: it writes invented records in place of trained ones."""

import contextlib
import math

import numpy as np

from sweeper.engine.jobs import TrainingEvent
from sweeper.store.folders import open_folder
from trainers.config import TrainingConfig
from trainers.saving.records import (
    Milestone,
    find_records,
    write_divergence,
    write_milestone,
)


class SimulatedEngine:
    """milestones: it stops after so many, as if interrupted.  fails: every training fails.
    diverges: models whose trainings diverge; as real ones do, they diverge at once where the store
    has a mark of it.  trained: ids in the order started."""

    on_nodes = on_this_machine = False
    max_workers = None
    session_folder = None

    def __init__(self) -> None:
        self.milestones = 10**9
        self.trained: list[str] = []
        self.fails = False
        self.diverges: set[str] = set()

    def load(self):
        pass

    def session(self):
        return contextlib.nullcontext()

    def num_gpus(self) -> float:
        return 0.0

    def run(self, jobs, on_event, stop, *, should_stop, **_) -> None:
        for job in jobs:
            if stop.is_set():
                return
            self.trained.append(job.training_id)
            if self.fails:
                on_event(TrainingEvent(job.training_id, "failed", reason="no memory"))
            elif self._has_diverged(job):
                reason = "recon was not finite at step 5"
                on_event(TrainingEvent(job.training_id, "diverged", reason=reason))
            elif not self._train(job, on_event, should_stop):
                stop.set()
                return

    def _has_diverged(self, job) -> bool:
        folder = open_folder(job.store, job.training_id)
        if job.config.model in self.diverges and not find_records(folder).diverged:
            write_divergence(folder, 5, "recon")
        return bool(find_records(folder).diverged)

    def _train(self, job, on_event, should_stop) -> bool:
        """Whether it went on to the end, or to where the rule stopped it."""
        config, folder = job.config, open_folder(job.store, job.training_id)
        known = find_records(folder).milestones
        for milestone in [m for m in config.milestones if m not in known]:
            if not self.milestones:
                return False
            self.milestones -= 1
            record = invented(config, milestone)
            name = write_milestone(folder, record)
            is_last = milestone == config.milestones[-1]
            event = TrainingEvent(
                job.training_id,
                "finished" if is_last else "progress",
                milestone,
                scores=record.metrics,
                records={milestone: name},
            )
            stops = not is_last and should_stop(event)
            on_event(event)
            if stops:
                break
        return True


def invented(config: TrainingConfig, milestone: int) -> Milestone:
    cbd = 0.9 - abs(math.log10(config.learning_rate) + 3) / 5 + milestone / 1000
    return Milestone(
        iteration=milestone,
        metrics={"measure/cbd": cbd, "valid/recon": 100 * cbd, "latent/active": 2.0},
        trajectory_names=("loss/recon", "loss/kl", "loss/total"),
        trajectory_ST=np.array([[1.0, 5.0, 1.0, 6.0], [float(milestone), 4.0, 2.0, 6.0]]),
        mu_NL=np.zeros((2, 5), np.float32),
        logvar_NL=np.zeros((2, 5), np.float32),
        factors_NK=np.zeros((2, 5), np.int64),
        indices_N=np.arange(2),
        about={
            "created_s": 1000.0,
            "dataset_fingerprint": "dsprites/rendered-1",
            "factor_names": ["a", "b", "c", "d", "e"],
            "factor_sizes": [3] * 5,
        },
    )
