"""Experiments and runs as read from MLflow, without MLflow's classes."""

from dataclasses import dataclass, field

INFINITE = 1.7976931348623157e308  # MLflow stores an infinity as the largest float


@dataclass(frozen=True)
class Experiment:
    """An experiment; `active` is False for one that was deleted in the UI."""

    experiment_id: str
    name: str
    active: bool


@dataclass(frozen=True)
class StoredRun:
    """One MLflow run: each metric at its last step. Times in ms since 1970."""

    mlflow_run_id: str
    experiment_id: str
    state: str
    start_ms: int
    end_ms: int | None
    artifact_uri: str
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)


def restore_infinity(value: float) -> float:
    """The number that was logged: MLflow returns an infinity as the largest float."""
    return value if abs(value) < INFINITE else float("inf") if value > 0 else float("-inf")
