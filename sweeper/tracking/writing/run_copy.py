"""Writes runs of another store into this one: every parameter, tag, point and artifact.

A run has the tag COPYING until it is complete, so that what an interrupted copy left is found."""

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sweeper.errors import TrackingError
from sweeper.tracking import layout
from sweeper.tracking.connection import open_client, tracking_error
from sweeper.tracking.reading.stored_run import StoredRun
from sweeper.tracking.reading.whole_run import WholeRun, copy_artifacts
from sweeper.tracking.writing.experiment_page import dataset_input
from sweeper.tracking.writing.metric_points import log_points
from sweeper.tracking.writing.writer import Writer

_NOT_COPIED = (layout.PARENT, layout.STATUS, layout.SELECTED_BY)


class RunCopier:
    """Copies runs into one store. For one thread."""

    def __init__(self, uri: str, folder: Path, code_version: str) -> None:
        """folder: the working folder, where a local store's artifacts are.

        Raises TrackingError for a store that cannot be used."""
        self._uri, self._folder, self._code_version = uri, folder, code_version
        self._client = open_client(uri)
        self._writers: dict[str, Writer] = {}

    def writer(self, experiment: str) -> Writer:
        """The writer of one experiment, which is created where there is none."""
        if experiment not in self._writers:
            self._writers[experiment] = Writer(
                self._uri, experiment, self._folder, self._code_version
            )
        return self._writers[experiment]

    def copy(
        self,
        run: WholeRun,
        artifacts: Path,
        *,
        parent: str | None = None,
        changed: Mapping[str, str] | None = None,
    ) -> str:
        """Writes a run and checks the digests of its artifacts. Returns its new MLflow id.

        artifacts: a folder of its artifacts.  parent: MLflow id of its launch.  changed: tags
        that differ from the run's own.  Raises TrackingError where the artifacts differ."""
        old = run.stored
        tags = {k: v for k, v in old.tags.items() if k not in _NOT_COPIED}
        tags |= {layout.MERGED_FROM: origin(old), layout.COPYING: "true", **(changed or {})}
        tags |= {} if parent is None else {layout.PARENT: parent}
        found = self._create(run, tags)
        if any(artifacts.iterdir()):
            self._client.log_artifacts(found, str(artifacts))
        self._check_artifacts(replace(old, mlflow_run_id=found), artifacts)
        self._log_values(found, run, artifacts)
        status = old.tags.get(layout.STATUS)
        if status is not None:
            self._client.set_tag(found, layout.STATUS, status)
        state = "KILLED" if old.state == "RUNNING" else old.state  # a launch that runs there
        self._client.set_terminated(found, state, old.end_ms)
        self._client.delete_tag(found, layout.COPYING)
        return found

    def delete(self, run: StoredRun) -> None:
        """Deletes a run as MLflow does: `mlflow runs restore` brings it back."""
        self._client.delete_run(run.mlflow_run_id)

    def _create(self, run: WholeRun, tags: Mapping[str, str]) -> str:
        self.writer(run.experiment)
        experiment = self._client.get_experiment_by_name(run.experiment)
        old = run.stored
        name = old.tags.get("mlflow.runName")
        created = self._client.create_run(
            experiment.experiment_id, start_time=old.start_ms, tags=dict(tags), run_name=name
        )
        found = str(created.info.run_id)
        if layout.NOTE in tags:  # it holds the address of the run's picture
            note = tags[layout.NOTE].replace(old.mlflow_run_id, found)
            self._client.set_tag(found, layout.NOTE, note)
        return found

    def _log_values(self, mlflow_run_id: str, run: WholeRun, artifacts: Path) -> None:
        from mlflow.entities import Metric, Param

        points = [Metric(key, value, time_ms, step) for key, value, time_ms, step in run.points]
        log_points(self._client, mlflow_run_id, points)
        params = [Param(key, value) for key, value in run.stored.params.items()]
        self._client.log_batch(mlflow_run_id, params=params)
        if (dataset := _dataset(run.stored, artifacts)) is not None:
            self._client.log_inputs(mlflow_run_id, datasets=[dataset])

    def _check_artifacts(self, copied: StoredRun, artifacts: Path) -> None:
        """Raises TrackingError where the store holds other bytes than were written."""
        info = self._client.get_run(copied.mlflow_run_id).info
        with tempfile.TemporaryDirectory() as folder:
            copy_artifacts(self._uri, replace(copied, artifact_uri=info.artifact_uri), Path(folder))
            if digests(Path(folder)) != digests(artifacts):
                raise TrackingError(
                    f"the artifacts of {copied.mlflow_run_id} in the store differ from those that "
                    "were written. Check its disk, then run the same command again"
                )


@contextlib.contextmanager
def mlflow_errors(uri: str) -> Iterator[None]:
    """MLflow's errors inside the block become TrackingError."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, OSError) as error:
        raise tracking_error(uri, error) from error


def origin(run: StoredRun) -> str:
    """The MLflow id of the run from which all copies of this one were made."""
    return run.tags.get(layout.MERGED_FROM, run.mlflow_run_id)


def digests(folder: Path) -> dict[str, str]:
    """{relative path: SHA-256} of every file in `folder`."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _dataset(run: StoredRun, artifacts: Path) -> Any:
    """The dataset as an MLflow input, from what metrics.parquet says; None where it is missing."""
    path = artifacts / layout.METRICS
    if not path.is_file():
        return None
    import pyarrow.parquet as pq

    about = (pq.read_schema(path).metadata or {}).get(b"about")
    return None if about is None else dataset_input(run.params["dataset"], json.loads(about))
