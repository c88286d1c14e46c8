"""Publishes the runs of one launch to MLflow, under the parent run of its grid."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sweeper.analysis.study import Study
from sweeper.engine.jobs import TrainingEvent
from sweeper.errors import TrackingError
from sweeper.grid import Grid
from sweeper.messages import mask_credentials
from sweeper.planning.plan import Plan, Training
from sweeper.planning.remaining import KnownRuns
from sweeper.planning.settings import Settings
from sweeper.publishing.code_version import code_version
from sweeper.publishing.failures import PublishingFailure, failure_of
from sweeper.publishing.launch_results import attach_results
from sweeper.publishing.queue import Publisher
from sweeper.publishing.records import MISSING, Published, publish_record
from sweeper.publishing.rescoring import MissingMeasures, rescore
from sweeper.publishing.runs import attach_text, configuration_name, run_to_publish
from sweeper.store.clean import finished_checkpoints
from sweeper.store.folders import open_folder
from sweeper.tracking import layout
from sweeper.tracking.uri import sqlite_path
from sweeper.tracking.writing.claim import Claim, ClaimedError
from sweeper.tracking.writing.writer import RunToPublish, Writer
from trainers.saving.records import find_records


@dataclass(frozen=True)
class RunStates:
    """recorded: runs whose record is in the store.  failed, diverged: {run id: reason}.
    no_picture: {run id: why its picture could not be drawn}."""

    recorded: frozenset[str] = frozenset()
    failed: Mapping[str, str] = field(default_factory=dict)
    diverged: Mapping[str, str] = field(default_factory=dict)
    no_picture: Mapping[str, str] = field(default_factory=dict)


class RunPublisher:
    """One parent run and the queue of what goes under it. For one thread, which is not the
    queue's."""

    def __init__(
        self,
        grid: Grid,
        settings: Settings,
        plan: Plan,
        known: KnownRuns,
        on_failure: Callable[[PublishingFailure], None] = lambda failure: None,
    ) -> None:
        """Opens MLflow, before any training starts: this makes and migrates a fresh store.

        Raises TrackingError; UsageError where a launch with another store trains the same runs."""
        self._grid, self._settings, self._known = grid, settings, known
        self._name = plan.grid
        self._requested: set[str] = set()
        self._recorded: set[str] = set()
        self._ended: dict[str, Published] = {}
        writer = self._open_writer()
        self._parent = _open_launch(writer, grid, plan)
        self._claim = Claim(writer.uri, self._parent, settings.store)
        self._acquire_claim(writer, [t.run_id_at(i) for t in plan.trainings for i in t.todo])
        opened = [writer]
        self.queue = Publisher(lambda: opened.pop() if opened else self._open_writer(), on_failure)

    def publish_stored(self, training: Training) -> None:
        """Publishes the recorded milestones that MLflow lacks, once."""
        if training.training_id not in self._requested:
            self._requested.add(training.training_id)
            self.publish_records(training, dict.fromkeys(training.to_publish))

    def publish_records(self, training: Training, records: Mapping[int, str | None]) -> None:
        """Publishes milestones. records: {iteration: record name, None where it must be looked
        up}. Records are read when they are published, so that the queue holds no latents."""
        for iteration, record in records.items():
            if iteration not in training.config.milestones:
                continue
            run_id = training.run_id_at(iteration)
            self._recorded.add(run_id)
            task = partial(
                publish_record,
                store=self._settings.store,
                training=training,
                iteration=iteration,
                record=record,
                grids=self._grids_of(run_id),
                parent=self._parent,
            )
            self.queue.put(task)

    def publish_failure(self, training: Training, event: TrainingEvent) -> None:
        """Publishes the milestones that this training will not reach as diverged or failed."""
        folder = open_folder(self._settings.store, training.training_id)
        reached = find_records(folder).milestones
        for iteration in training.todo:
            if iteration in reached:
                continue
            run_id = training.run_id_at(iteration)
            self._ended[run_id] = Published(run_id, event.kind, event.reason)
            entry = run_to_publish(
                training,
                iteration,
                grids=self._grids_of(run_id),
                parent=self._parent,
                milestone=None,
                status=event.kind,
                reason=event.reason,
            )
            self.queue.put(partial(_publish, entry=entry))

    def attach_plan(self, plan: Plan) -> None:
        """Replaces the parent run's plan."""
        text = _plan_text(plan)
        self.queue.put(lambda writer: attach_text(writer, self._parent, layout.PLAN, text))

    def rescore(self, missing: MissingMeasures) -> None:
        """Adds scores that a finished run lacks."""
        mlflow_run_id = self._known.mlflow_ids[missing.run_id]
        self.queue.put(partial(rescore, mlflow_run_id=mlflow_run_id, missing=missing))

    def add_picture(self, run_id: str) -> None:
        """Draws the picture of a finished run that was published without it."""
        mlflow_run_id = self._known.mlflow_ids[run_id]
        self.queue.put(lambda writer: writer.add_picture(mlflow_run_id))

    def free_checkpoints(self, training: Training, keep: int) -> None:
        """Removes the checkpoints of a finished training, except the newest `keep`, once all its
        runs are in MLflow."""
        statuses = self._known.statuses
        unseen = [run for run in training.run_ids if statuses.get(run) != layout.FINISHED]
        task = partial(_free_checkpoints, store=self._settings.store, training=training, keep=keep)
        self.queue.put(partial(task, run_ids=unseen))

    def tag_reused(self, plan: Plan) -> None:
        """Adds this grid's name to runs that were finished before, and to those that lack it the
        name of their configuration."""
        tags: dict[str, dict[str, str]] = {}
        for training in plan.trainings:
            for iterations, run in zip(training.config.milestones, training.run_ids, strict=True):
                if self._known.statuses.get(run) != layout.FINISHED:
                    continue
                added = tags.setdefault(self._known.mlflow_ids[run], {})
                if self._name not in self._known.grids.get(run, ()):
                    added[layout.GRIDS] = layout.join_list(self._grids_of(run))
                if run in self._known.without_configuration:
                    added[layout.CONFIGURATION] = configuration_name(training.config, iterations)

        def set_tags(writer: Any) -> None:
            for mlflow_run_id, added in tags.items():
                if added:
                    writer.set_tags(mlflow_run_id, added)

        self.queue.put(set_tags)

    def attach_results(self, study: Study) -> None:
        """Attaches tables, figures and the report to the parent run."""
        self.queue.put(lambda writer: attach_results(writer, self._parent, self._name, study))

    def close_launch(self, state: str) -> None:
        """Ends the parent run as FINISHED, FAILED or KILLED, and the claim to its runs."""
        self._claim.stop()
        self.queue.put(lambda writer: self._close_launch(writer, state))

    def _acquire_claim(self, writer: Writer, run_ids: list[str]) -> None:
        if not run_ids and self._grid.search is None:
            return  # nothing is trained
        try:
            self._claim.acquire(run_ids)
        except BaseException as error:
            if not isinstance(error, ClaimedError) or error.mlflow_run_id != self._parent:
                writer.close_launch(self._parent, "KILLED")
            raise

    def _close_launch(self, writer: Writer, state: str) -> None:
        writer.close_launch(self._parent, state)
        self._claim.release()

    def states(self) -> RunStates:
        """What became of the runs so far: of those queued, and of those published."""
        published = [found for found in self.queue.results() if isinstance(found, Published)]
        ended = self._ended | {found.run_id: found for found in published}
        missing = {run for run, found in ended.items() if found.status == MISSING}
        return RunStates(
            recorded=frozenset(self._recorded - missing),
            failed=_reasons(ended, layout.FAILED),
            diverged=_reasons(ended, layout.DIVERGED),
            no_picture={f.run_id: f.no_picture for f in published if f.no_picture},
        )

    def _grids_of(self, run_id: str) -> set[str]:
        return {self._name, *self._known.grids.get(run_id, ())}

    def _open_writer(self) -> Writer:
        uri = self._settings.tracking_uri
        database = sqlite_path(uri)
        folder = Path.cwd() if database is None else database.absolute().parent
        return Writer(uri, self._grid.experiment, folder, code_version())


def _open_launch(writer: Writer, grid: Grid, plan: Plan) -> str:
    """The parent run, with plan and grid. Raises TrackingError where artifacts cannot be stored,
    so that nothing is trained that cannot be published."""
    try:
        parent = writer.open_launch(plan.grid, plan.grid_id, {})
        try:
            attach_text(writer, parent, layout.PLAN, _plan_text(plan))
            attach_text(writer, parent, layout.GRID_TEXT, grid.origin.text)
        except Exception:
            writer.close_launch(parent, "FAILED")
            raise
    except Exception as error:  # of MLflow, its database driver, the network or the disk
        place = mask_credentials(writer.uri)
        raise TrackingError(f"MLflow {place} cannot be written: {failure_of(error)}") from error
    return parent


def _free_checkpoints(
    writer: Writer, store: str, training: Training, keep: int, run_ids: Iterable[str]
) -> None:
    """run_ids: those of the training's runs that the launch did not find in MLflow."""
    if not all(writer.is_finished(run_id) for run_id in run_ids):
        return
    folder = open_folder(store, training.training_id)
    for name in finished_checkpoints(folder, training.config.milestones[-1], keep):
        folder.delete(name)


def _publish(writer: Writer, entry: RunToPublish) -> Published:
    writer.publish(entry)
    return Published(entry.run_id, entry.status, entry.reason)


def _reasons(ended: Mapping[str, Published], status: str) -> dict[str, str]:
    return {run: found.reason for run, found in ended.items() if found.status == status}


def _plan_text(plan: Plan) -> str:
    return json.dumps(plan.to_json(), indent=1)
