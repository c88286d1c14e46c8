"""What the engine is given, and what it tells: plain values, free of Ray."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from trainers.config import KeepRule

EventKind = Literal["progress", "finished", "diverged", "failed"]


@dataclass(frozen=True)
class Job:
    """One training to run. `config`: TrainingConfig as a dict; `store`: the sweep store's place.

    threads: of torch, on the CPU.  report_s: seconds between two reports."""

    training_id: str
    config: Mapping[str, Any]
    store: str
    cpu: float = 1.0
    gpu: float = 0.0
    threads: int = 1
    checkpoint_s: float = 60.0
    report_s: float = 2.0
    keep_weights: KeepRule | None = None
    keep_all: bool = False


@dataclass(frozen=True)
class TrainingEvent:
    """News of one training. records: {iteration: record name} written since the last event.

    reason: why it diverged or failed; of 'progress', why it was begun again."""

    training_id: str
    kind: EventKind
    iteration: int = 0
    losses: Mapping[str, float] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    records: Mapping[int, str] = field(default_factory=dict)
    reason: str = ""
    host: str = ""
