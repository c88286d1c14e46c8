"""Input and output of an engine: plain values, free of Ray."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from trainers.config import KeepRule, TrainingConfig
from trainers.own_code.worker import code_to_send

EventKind = Literal["progress", "finished", "diverged", "failed"]


@dataclass(frozen=True)
class Job:
    """One training to run, or several as one program.

    fused_with: id and configuration of the trainings that run in the program of this one.
    store: the address of the sweep store.  cpu, gpu: what the job takes of a node.  threads: of
    torch, on the CPU.  checkpoint_s, report_s: seconds between two checkpoints, two reports.
    keep_weights: of which milestone the weights are kept, or None.  keep_all:
    keep the weights of every milestone."""

    training_id: str
    config: TrainingConfig
    store: str
    cpu: float = 1.0
    gpu: float = 0.0
    threads: int = 1
    checkpoint_s: float = 60.0
    report_s: float = 2.0
    keep_weights: KeepRule | None = None
    keep_all: bool = False
    fused_with: tuple[tuple[str, TrainingConfig], ...] = ()

    @property
    def training_ids(self) -> tuple[str, ...]:
        return (self.training_id, *(training_id for training_id, _ in self.fused_with))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, for another process; `attempt` parses them. With the source of a
        user's own code that the training needs."""
        keep = None if self.keep_weights is None else asdict(self.keep_weights)
        own_code = code_to_send(self.config)
        return {
            **vars(self),
            "config": self.config.to_dict(),
            "keep_weights": keep,
            "fused_with": [[name, config.to_dict()] for name, config in self.fused_with],
            "own_code": own_code,
        }


def members_of(job: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Id and configuration of each training of a job, given as by `Job.to_dict`."""
    return [(job["training_id"], job["config"]), *job["fused_with"]]


@dataclass(frozen=True)
class TrainingEvent:
    """Progress or the end of one training.

    fused: how many trainings its program advances.
    records: {iteration: record name} written since the last event.
    reason: why it diverged or failed; of 'progress', why it was started again."""

    training_id: str
    kind: EventKind
    iteration: int = 0
    losses: Mapping[str, float] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    records: Mapping[int, str] = field(default_factory=dict)
    reason: str = ""
    host: str = ""
    fused: int = 1
