"""Writes runs to MLflow: idempotent by run id, in batches, from the driver alone.

Publishing a run twice has the effect of publishing it once: the MLflow run is found by its run id,
a metric point has the time of its record, and MLflow merges equal points. A run that a killed
driver wrote partly is completed by the next one."""

import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweeper.errors import TrackingError
from sweeper.tracking import layout
from sweeper.tracking.connection import open_client, tracking_error
from sweeper.tracking.reading.artifacts import Latents, read_latents_file
from sweeper.tracking.uri import artifact_uri, sqlite_path
from sweeper.tracking.writing.experiment_page import dataset_input, describe_experiment, run_note
from sweeper.tracking.writing.metric_points import BATCH, log_points, metric_points, recorded_ms
from sweeper.tracking.writing.run_files import (
    draw_pcc,
    extend_metrics,
    write_artifacts,
    write_own_code,
)
from sweeper.tracking.writing.run_search import RunSearch, is_finished
from trainers.saving.records import Milestone

if TYPE_CHECKING:
    from mlflow.entities import Metric


@dataclass(frozen=True)
class RunToPublish:
    """A run to be written to MLflow. `milestone` is None for a run without a record.

    own_code: {path below `own_code/`: text} of a user's own code that the training ran."""

    run_id: str
    training_id: str
    name: str
    params: Mapping[str, str]
    grids: tuple[str, ...]
    synthetic: bool
    measures: tuple[str, ...]
    milestone: Milestone | None
    status: str = layout.FINISHED
    reason: str = ""
    parent: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    own_code: Mapping[str, str] = field(default_factory=dict)


class Writer:
    """Writes runs into one experiment of one store. Not thread-safe: one thread owns it."""

    def __init__(self, uri: str, experiment: str, folder: Path, code_version: str) -> None:
        """Opens the store; an SQLite store is created here, before any trial starts.

        `folder`: the working folder; a local store's artifacts are in its mlartifacts/.
        Raises TrackingError for a store that cannot be used."""
        from mlflow.exceptions import MlflowException

        self.uri = uri
        self._code_version = code_version
        self._client = open_client(uri)
        self._search = RunSearch(self._client)
        local = sqlite_path(uri) is not None
        try:
            self._experiment_id = self._experiment(experiment, local, folder)
            known = self._client.get_experiment(self._experiment_id).tags
            describe_experiment(self._client, self._experiment_id, known, int(1000 * time.time()))
        except (MlflowException, OSError) as error:
            raise tracking_error(uri, error) from error
        self._finished: set[str] = set()  # run ids that were seen or made finished
        self.no_picture: dict[str, str] = {}  # {run id: why its picture could not be drawn}

    def _experiment(self, name: str, local: bool, folder: Path) -> str:
        from mlflow.exceptions import MlflowException

        found = self._client.get_experiment_by_name(name)
        if found is None:
            place = artifact_uri(folder / layout.DEFAULT_ARTIFACTS / name) if local else None
            try:
                return str(self._client.create_experiment(name, artifact_location=place))
            except MlflowException:
                found = self._client.get_experiment_by_name(name)
                if found is None:  # not created by another launch meanwhile
                    raise
        if found.lifecycle_stage != "active":
            raise TrackingError(
                f"experiment {name!r} was deleted in MLflow; restore it (mlflow experiments "
                f"restore -x {found.experiment_id}) or give the grid another `experiment`"
            )
        return str(found.experiment_id)

    def open_launch(self, grid: str, grid_id: str, notes: Mapping[str, str]) -> str:
        """Creates or reopens the parent run of a grid. Returns its MLflow id."""
        query = f"tags.`{layout.GRID_ID}` = '{grid_id}'"
        found = self._client.search_runs([self._experiment_id], query, max_results=1)
        tags = {layout.KIND: layout.KIND_LAUNCH, layout.GRID: grid, layout.GRID_ID: grid_id}
        tags |= {layout.CODE_VERSION: self._code_version, **notes}
        if not found:
            run = self._client.create_run(self._experiment_id, run_name=f"launch {grid}", tags=tags)
            return str(run.info.run_id)
        launch = str(found[0].info.run_id)
        self._client.update_run(launch, status="RUNNING")
        self._log(launch, tags=tags)
        return launch

    def close_launch(self, parent: str, state: str) -> None:
        """Ends the parent run as FINISHED, FAILED or KILLED."""
        self._client.set_terminated(parent, state)

    def attach(self, mlflow_run_id: str, path: Path, folder: str = "") -> None:
        """Stores a file with a run, in `folder` of its artifacts."""
        self._client.log_artifact(mlflow_run_id, str(path), folder or None)

    def attach_all(self, mlflow_run_id: str, folder: Path) -> None:
        """Stores every file of a folder with a run, with the same sub-folders."""
        self._client.log_artifacts(mlflow_run_id, str(folder))

    def set_tags(self, mlflow_run_id: str, tags: Mapping[str, str]) -> None:
        """Sets tags of a run that exists."""
        self._log(mlflow_run_id, tags=tags)

    def publish(self, run: RunToPublish) -> str:
        """Writes one run and ends it. Returns its MLflow id.

        A run that is finished already is not changed: its training may have been repeated for a
        later milestone, after the sweep store was deleted."""
        milestone = run.milestone
        time_ms = recorded_ms(milestone)
        stored = self._search.find(run.run_id)
        if stored is not None and is_finished(stored):
            return str(stored.info.run_id)
        mlflow_run_id = self._reopen_or_create(run, stored, time_ms)
        no_picture = ""
        points: list[Metric] = []
        if milestone is not None:
            with tempfile.TemporaryDirectory() as folder:
                no_picture = write_artifacts(
                    Path(folder),
                    milestone,
                    run.run_id,
                    run.training_id,
                    run.params,
                )
                write_own_code(Path(folder, layout.OWN_CODE), run.own_code)
                self._client.log_artifacts(mlflow_run_id, folder)
            points = list(metric_points(milestone))
            dataset = dataset_input(run.params["dataset"], milestone.about)
            self._client.log_inputs(mlflow_run_id, datasets=[dataset])
        tags = self._tags(run)
        if no_picture:
            tags[layout.NO_PICTURE] = self.no_picture[run.run_id] = no_picture
        if milestone is not None:
            tags[layout.NOTE] = run_note(mlflow_run_id)
        self._log(mlflow_run_id, points=points, params=run.params, tags=tags)
        done = run.status == layout.FINISHED
        self._client.set_terminated(mlflow_run_id, "FINISHED" if done else "FAILED", time_ms)
        if done:
            self._finished.add(run.run_id)
        return mlflow_run_id

    def read_latents(self, mlflow_run_id: str) -> Latents:
        """The latents of a finished run. Raises TrackingError where none are kept."""
        run = self._client.get_run(mlflow_run_id)
        with tempfile.TemporaryDirectory() as folder:
            path = self._client.download_artifacts(run.info.run_id, layout.LATENTS, folder)
            return read_latents_file(Path(path))

    def add_picture(self, mlflow_run_id: str) -> None:
        """Draws the picture of a finished run that was published without it."""
        latents = self.read_latents(mlflow_run_id)
        sigmas = self._client.get_run(mlflow_run_id).data.metrics
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, layout.PCC_PICTURE)
            draw_pcc(path, latents.mu_NL, latents.factors_NK, latents.names, sigmas)
            self._client.log_artifact(mlflow_run_id, str(path))
        self._log(mlflow_run_id, tags={layout.NO_PICTURE: ""})

    def add_scores(
        self,
        mlflow_run_id: str,
        scores: Mapping[str, float],
        iteration: int,
        undefined: Iterable[str] = (),
    ) -> None:
        """Adds metrics to a finished run, and to its row of the metric table.

        undefined: stored names of measures without a value for this run, which count as scored."""
        from mlflow.entities import Metric

        tags = self._client.get_run(mlflow_run_id).data.tags
        time_ms = int(tags[layout.RECORDED_MS])
        if scores:
            metrics = [Metric(key, value, time_ms, iteration) for key, value in scores.items()]
            with tempfile.TemporaryDirectory() as folder:
                path = Path(self._client.download_artifacts(mlflow_run_id, layout.METRICS, folder))
                extend_metrics(path, scores)
                self._client.log_artifact(mlflow_run_id, str(path))
            self._client.log_batch(mlflow_run_id, metrics=metrics)
        prefix = layout.MEASURE_PREFIX
        names = {key.removeprefix(prefix) for key in scores if key.startswith(prefix)}
        scored = names | set(undefined) | set(layout.split_list(tags.get(layout.MEASURES, "")))
        self._log(mlflow_run_id, tags={layout.MEASURES: layout.join_list(scored)})

    def is_finished(self, run_id: str) -> bool:
        """Whether MLflow holds the run, complete, or held it when this writer last saw it."""
        if run_id not in self._finished:
            stored = self._search.find(run_id)
            if stored is None or not is_finished(stored):
                return False
            self._finished.add(run_id)
        return True

    def _reopen_or_create(self, run: RunToPublish, stored: Any | None, time_ms: int) -> str:
        """The MLflow id of the run to write into.

        A stored run that was partly written from another record (its training was repeated) is
        deleted and created again, so that no step has two values."""
        if stored is not None:
            recorded = stored.data.tags.get(layout.RECORDED_MS)
            is_other = run.milestone is not None and recorded not in (None, str(time_ms))
            if not is_other or stored.info.status == "FINISHED":
                return str(stored.info.run_id)
            self._client.delete_run(stored.info.run_id)
        tags = {layout.KIND: layout.KIND_RUN, layout.RUN_ID: run.run_id}
        if run.milestone is not None:
            tags[layout.RECORDED_MS] = str(time_ms)
        if run.parent is not None:
            tags[layout.PARENT] = run.parent
        created = self._client.create_run(
            self._experiment_id, start_time=time_ms, run_name=run.name, tags=tags
        )
        return str(created.info.run_id)

    def _tags(self, run: RunToPublish) -> dict[str, str]:
        tags = {
            layout.TRAINING_ID: run.training_id,
            layout.STATUS: run.status,
            layout.REASON: run.reason,
            layout.SYNTHETIC: "true" if run.synthetic else "false",
            layout.GRIDS: layout.join_list(run.grids),
            layout.MEASURES: layout.join_list(run.measures),
            layout.CODE_VERSION: self._code_version,
            **run.notes,
        }
        if run.milestone is not None:
            tags[layout.RECORDED_MS] = str(recorded_ms(run.milestone))
            tags[layout.FINGERPRINT] = run.milestone.about["dataset_fingerprint"]
        return tags

    def _log(
        self,
        mlflow_run_id: str,
        *,
        points: Sequence["Metric"] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """In one request, where it can hold everything."""
        from mlflow.entities import Param, RunTag

        if len(points) + len(params or ()) + len(tags or ()) > BATCH:
            log_points(self._client, mlflow_run_id, points)
            points = ()
        self._client.log_batch(
            mlflow_run_id,
            metrics=points,
            params=[Param(key, value) for key, value in (params or {}).items()],
            tags=[RunTag(key, value) for key, value in (tags or {}).items()],
        )
