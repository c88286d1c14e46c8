"""One round of a launch, from its plan to its outcome; most launches are one round."""

import json
import logging
import signal
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from sweeper.engine.head_watch import HeadLost
from sweeper.engine.jobs import Job, TrainingEvent
from sweeper.engine.run_jobs import run_jobs
from sweeper.engine.session import ray_session, total_gpus
from sweeper.grid import Grid
from sweeper.launching.budget import open_budget
from sweeper.launching.jobs import gpu_share, jobs_of
from sweeper.launching.outcome import Outcome
from sweeper.launching.progress import ProgressDisplay, SweepProgress
from sweeper.launching.signals import Interrupts
from sweeper.launching.speed_meter import SpeedMeter, open_meter
from sweeper.planning.plan import Plan, Training
from sweeper.planning.settings import Settings
from sweeper.preflight.checks import check_resources, raise_on_problems
from sweeper.publishing.code_version import code_version
from sweeper.publishing.launch_results import attach_results
from sweeper.publishing.queue import Publisher
from sweeper.publishing.rescoring import rescore, runs_missing_measures
from sweeper.publishing.runs import attach_text, run_to_publish
from sweeper.store.folders import open_folder
from sweeper.tracking import layout
from sweeper.tracking.uri import sqlite_path
from sweeper.tracking.writing.writer import RunToPublish, Writer
from trainers.errors import RecordError
from trainers.saving.folders import is_damaged
from trainers.saving.records import Milestone, find_records, read_milestone

log = logging.getLogger(__name__)

_PUBLISH_TIMEOUT_S = 60.0  # with an MLflow that is away when all is trained
_STOPPED_PUBLISH_TIMEOUT_S = (
    10.0  # after a signal, or with a Ray that is gone: both wait for little
)


class LaunchRound:
    """Trains what a plan lacks, publishes what comes, and tells how it ended."""

    def __init__(
        self,
        grid: Grid,
        setting: Settings,
        plan: Plan,
        console: Console,
        interrupts: Interrupts,
    ) -> None:
        self._grid = grid
        self._setting = setting
        self._plan = plan
        self._console = console
        self._interrupts = interrupts
        self._trainings = {training.training_id: training for training in plan.trainings}
        self._done: set[str] = {
            run for run, status in plan.statuses.items() if status == layout.FINISHED
        }
        self._failed: dict[str, str] = {}
        self._diverged: dict[str, str] = {}
        self._parent: str | None = None
        self._publisher: Publisher
        self._spending = open_budget(setting.store, grid, setting.price)
        self._gpus = 0.0
        self._cluster_error = ""
        self._meter: SpeedMeter | None = None

    def run(self) -> Outcome:
        # Opened here once, before any training starts: this makes and migrates a fresh store.
        writer = self._writer()
        self._parent = self._open_parent(writer)
        opened = [writer]
        self._publisher = Publisher(lambda: opened.pop() if opened else self._writer())
        try:
            for training in self._plan.trainings:
                self._publish_records(training, training.to_publish)
            self._train()
            self._rescore()
        except KeyboardInterrupt:  # the second signal: what MLflow lacks can wait
            self._publisher.stop_retrying()
        finally:
            outcome = self._close()
        return outcome

    def _writer(self) -> Writer:
        uri = self._setting.tracking_uri
        database = sqlite_path(uri)
        folder = Path.cwd() if database is None else database.absolute().parent
        writer = Writer(uri, self._grid.experiment, folder, code_version())
        writer.add_known_runs(self._setting.known_runs)
        return writer

    def _open_parent(self, writer: Writer) -> str:
        plan, grid = self._plan, self._grid
        parent = writer.open_launch(plan.grid, plan.grid_id, {})
        attach_text(writer, parent, layout.PLAN, json.dumps(plan.to_json(), indent=1))
        attach_text(writer, parent, layout.GRID_TEXT, grid.origin.text)
        return parent

    def _train(self) -> None:
        board = SweepProgress(self._plan.trainings)
        if board.rows and not self._spending.exhausted:
            self._train_on_ray(board)

    def _train_on_ray(self, board: SweepProgress) -> None:
        try:
            with (
                ray_session(self._setting.address),
                ProgressDisplay(board, self._console) as display,
            ):
                self._interrupts.install()
                raise_on_problems([check_resources(self._grid, self._setting)])
                self._gpus = total_gpus()
                self._spending.gpu = gpu_share(self._grid, self._gpus)
                if self._setting.address is None:
                    # The speeds of a cluster hold for no one machine.
                    store = self._setting.store
                    self._meter = open_meter(self._grid, store, self._num_trainings())

                def on_event(event: TrainingEvent) -> None:
                    board.add_event(event)
                    self._handle_event(event)
                    display.note(self._note())
                    display.show(event)

                def judge(event: TrainingEvent) -> bool:
                    stops = self._should_stop(event)
                    if stops:
                        board.stop(event.training_id, event.iteration)
                    return stops

                run_jobs(
                    self._jobs_in_budget(),
                    on_event,
                    self._interrupts.stop,
                    max_failures=self._grid.resources.max_failures,
                    max_concurrent=self._grid.resources.max_concurrent,
                    should_stop=judge,
                )
        except SystemExit:
            # Ray's own handler, in place while it starts, exits on SIGTERM.
            self._interrupts.record(signal.SIGTERM)
        except HeadLost as lost:
            self._cluster_error = str(lost)
        finally:
            self._spending.save()
            if self._meter is not None:
                self._meter.save()

    def _num_trainings(self) -> int:
        """How many trainings are going to run."""
        return sum(bool(t.todo and not t.unresolved) for t in self._plan.trainings)

    def _jobs_in_budget(self) -> Iterator[Job]:
        """The jobs, until all are given or the budget is used up."""
        for job in self._jobs(self._plan.trainings):
            if self._spending.exhausted:
                return
            yield job

    def _jobs(self, trainings: Iterable[Training]) -> list[Job]:
        setting = self._setting
        data_dir = Path(setting.data_dir)
        return jobs_of(
            self._grid, trainings, store=setting.store, data_dir=data_dir, gpus=self._gpus
        )

    def _should_stop(self, event: TrainingEvent) -> bool:
        """Whether a training that could go on is to end where it is: at a milestone, when the
        budget is used up."""
        return bool(event.records and self._spending.exhausted)

    def _rescore(self) -> None:
        """Scores finished runs by measures that the grid asks for and that they lack, from the
        latents in MLflow: nothing is trained for that."""
        for lack in runs_missing_measures(self._plan, self._setting.known_measures):
            if self._interrupts.stop.is_set():
                return
            self._console.print(f"scoring {lack.run_id} by {', '.join(lack.names)}")
            mlflow_run_id = self._setting.known_runs[lack.run_id]
            self._publisher.put(partial(rescore, mlflow_run_id=mlflow_run_id, lack=lack))

    def _note(self) -> str:
        if self._interrupts.stop.is_set():
            return "stopping: trainings save a checkpoint (again: stop at once)"
        if self._publisher.last_error:
            return (
                f"MLflow: {self._publisher.last_error}; {self._publisher.num_pending} records wait"
            )
        return ""

    def _handle_event(self, event: TrainingEvent) -> None:
        self._spending.count_time(event.training_id)
        training = self._trainings[event.training_id]
        if self._meter is not None:
            self._meter.add_event(event, training)
        self._publish_records(training, event.records)
        if event.kind in ("diverged", "failed"):
            self._publish_failure(training, event)

    def _publish_records(self, training: Training, iterations: Iterable[int]) -> None:
        for iteration in iterations:
            if iteration in training.config.milestones:
                self._publisher.put(self._task(training, iteration))
                self._done.add(_run_id(training, iteration))

    def _task(self, training: Training, iteration: int) -> Any:
        """Reads the record when its turn comes, so that the queue holds no latents."""

        def publish(writer: Any) -> None:
            run_id = _run_id(training, iteration)
            milestone = self._read(training, iteration)
            if milestone is None:
                self._done.discard(run_id)
                return
            entry = run_to_publish(
                training,
                iteration,
                grids=self._grids_of(run_id),
                parent=self._parent,
                milestone=milestone,
            )
            if entry.status == layout.FAILED:
                self._failed[entry.run_id] = entry.reason
            writer.publish(entry)

        return publish

    def _read(self, training: Training, iteration: int) -> Milestone | None:
        """The record; a damaged one is removed, so that the next launch makes it again."""
        folder = open_folder(self._setting.store, training.training_id)
        name = find_records(folder).milestones.get(iteration)
        if name is None:
            return None
        try:
            return read_milestone(folder, name)
        except RecordError as error:
            if not is_damaged(folder, name):  # of a later version, or not read for now
                raise
            log.warning("%s; it is removed, and the same command makes it again", error)
            folder.delete(name)
            return None

    def _publish_failure(self, training: Training, event: TrainingEvent) -> None:
        """Tells MLflow of the milestones that this training will not reach."""
        ends = self._diverged if event.kind == "diverged" else self._failed
        folder = open_folder(self._setting.store, training.training_id)
        reached = find_records(folder).milestones
        for iteration in training.todo:
            if iteration in reached:
                continue
            run_id = _run_id(training, iteration)
            ends[run_id] = event.reason
            entry = run_to_publish(
                training,
                iteration,
                grids=self._grids_of(run_id),
                parent=self._parent,
                milestone=None,
                status=event.kind,
                reason=event.reason,
            )
            self._publisher.put(partial(_publish, entry=entry))

    def _grids_of(self, run_id: str) -> set[str]:
        return {self._plan.grid, *self._setting.known_grids.get(run_id, ())}

    def _close(self) -> Outcome:
        reused = self._done & set(self._plan.statuses) & set(self._plan.run_ids)
        self._publisher.put(lambda writer: self._tag_reused(writer, reused))
        if not self._interrupts.exit_code:
            grid, parent = self._plan.grid, str(self._parent)
            self._publisher.put(lambda writer: attach_results(writer, parent, grid))
        self._publisher.put(lambda writer: writer.close_launch(self._parent, self._state()))
        hurried = self._interrupts.exit_code or self._cluster_error
        patience_s = _STOPPED_PUBLISH_TIMEOUT_S if hurried else _PUBLISH_TIMEOUT_S
        unpublished = self._publisher.close(patience_s)
        return replace(self._outcome(), unpublished=unpublished, cluster_error=self._cluster_error)

    def _outcome(self) -> Outcome:
        left = len(set(self._plan.run_ids) - self._done - {*self._failed, *self._diverged})
        return Outcome(
            plan=self._plan,
            num_left=left,
            failed=self._failed,
            diverged=self._diverged | self._known_diverged(),
            interrupted=self._interrupts.exit_code,
            notes=self._notes(left),
        )

    def _notes(self, left: int) -> tuple[str, ...]:
        exhausted = self._spending.exhausted if left else ""
        return (f"{exhausted}: {left:,} runs are left out",) if exhausted else ()

    def _state(self) -> str:
        """The parent run's state, asked once all that is before it in the queue is written."""
        outcome = self._outcome()
        return "KILLED" if outcome.interrupted else "FAILED" if outcome.exit_code else "FINISHED"

    def _known_diverged(self) -> dict[str, str]:
        return {
            run: "known from an earlier launch"
            for run in self._plan.run_ids
            if self._plan.statuses.get(run) == layout.DIVERGED
        }

    def _tag_reused(self, writer: Any, runs: Iterable[str]) -> None:
        """Adds this grid's name to the runs that were there already."""
        for run in runs:
            known = self._setting.known_grids.get(run, ())
            if self._plan.grid not in known and run in self._setting.known_runs:
                grids = layout.join_list({self._plan.grid, *known})
                writer.set_tags(self._setting.known_runs[run], {layout.GRIDS: grids})


def _publish(writer: Writer, entry: RunToPublish) -> None:
    writer.publish(entry)


def _run_id(training: Training, iteration: int) -> str:
    return training.run_ids[training.config.milestones.index(iteration)]
