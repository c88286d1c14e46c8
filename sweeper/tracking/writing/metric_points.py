"""The metrics of a milestone as MLflow's points, and how points are written: in batches.

Shapes: S recorded steps, T trajectory names."""

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trainers.saving.records import Milestone

if TYPE_CHECKING:
    from mlflow.entities import Metric

_POINTS = 200  # of each metric's trajectory in MLflow; trajectory.parquet holds them all
BATCH = 1000  # metrics, parameters and tags that a log_batch may hold


def metric_points(milestone: Milestone) -> Iterator["Metric"]:
    """Points of the trajectory, then the metrics of the milestone."""
    from mlflow.entities import Metric

    time_ms = recorded_ms(milestone)
    rows_ST = milestone.trajectory_ST
    picked = np.unique(np.linspace(0, len(rows_ST) - 1, min(_POINTS, len(rows_ST))).astype(int))
    for row_T in rows_ST[picked]:
        for name, value in zip(milestone.trajectory_names, row_T[1:], strict=True):
            yield Metric(name, float(value), time_ms, int(row_T[0]))
    for name, value in milestone.metrics.items():
        yield Metric(name, float(value), time_ms, milestone.iteration)


def log_points(client: Any, mlflow_run_id: str, points: Sequence["Metric"]) -> None:
    """Writes points of a run. MLflow merges those that it holds already."""
    for start in range(0, len(points), BATCH):
        client.log_batch(mlflow_run_id, metrics=points[start : start + BATCH])


def recorded_ms(milestone: Milestone | None) -> int:
    """When the record was made, in ms since 1970; now where there is none."""
    return int(1000 * (time.time() if milestone is None else milestone.about["created_s"]))
