"""Everything that MLflow holds of one run, to be written into another store.

A StoredRun has each metric at its last step; here is every point, and the artifacts as files."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from sweeper.errors import TrackingError
from sweeper.messages import first_line
from sweeper.tracking.reading.sql import transaction
from sweeper.tracking.reading.stored_run import StoredRun
from sweeper.tracking.uri import artifact_path, is_server

Point = tuple[str, float, int, int]  # key, value, time in ms since 1970, step

_POINTS = 'SELECT "key", value, "timestamp", step, is_nan FROM metrics WHERE run_uuid = :run'


@dataclass(frozen=True)
class WholeRun:
    """A run with every point of its metrics. experiment: the name of its experiment."""

    stored: StoredRun
    experiment: str
    points: tuple[Point, ...]


def read_whole(uri: str, run: StoredRun, experiment: str) -> WholeRun:
    """The run with its metrics' points. Raises TrackingError."""
    points = _from_server(uri, run) if is_server(uri) else _from_database(uri, run)
    return WholeRun(run, experiment, points)


def _from_database(uri: str, run: StoredRun) -> tuple[Point, ...]:
    with transaction(uri) as query:
        points = [
            (key, float("nan") if is_nan else value, int(time_ms), int(step))
            for key, value, time_ms, step, is_nan in query(_POINTS, {"run": run.mlflow_run_id})
        ]
    return tuple(sorted(points, key=lambda point: (point[0], point[3], point[2])))


def _from_server(uri: str, run: StoredRun) -> tuple[Point, ...]:
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

    client = MlflowClient(uri)
    try:
        return tuple(
            (metric.key, metric.value, metric.timestamp, metric.step)
            for key in sorted(run.metrics)
            for metric in client.get_metric_history(run.mlflow_run_id, key)
        )
    except MlflowException as error:
        reason = first_line(error)
        raise TrackingError(
            f"the metrics of {run.mlflow_run_id} cannot be read: {reason}"
        ) from error


def copy_artifacts(uri: str, run: StoredRun, folder: Path) -> None:
    """Writes every artifact of a run into `folder`. Raises TrackingError."""
    local = artifact_path(run.artifact_uri)
    try:
        if local is not None:
            if local.is_dir():
                shutil.copytree(local, folder, dirs_exist_ok=True)
            return
        from mlflow.tracking import MlflowClient

        client = MlflowClient(uri)
        if client.list_artifacts(run.mlflow_run_id):
            client.download_artifacts(run.mlflow_run_id, "", str(folder))
    except Exception as error:  # of the disk, MLflow, the network or the artifact store
        reason = first_line(error)
        raise TrackingError(
            f"the artifacts of {run.mlflow_run_id} cannot be copied: {reason}"
        ) from error
