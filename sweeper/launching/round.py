"""One round of a launch: a source's trainings on an engine, published as they finish.

Most launches are one round."""

import logging
from dataclasses import replace

from rich.console import Console

from sweeper.analysis.study import read_study
from sweeper.cost.disk import kept_checkpoints
from sweeper.engine.engine import Engine, EngineLost
from sweeper.engine.jobs import TrainingEvent
from sweeper.errors import SweeperError
from sweeper.grid import Grid
from sweeper.launching.budget import open_budget
from sweeper.launching.control.breaker import Breaker
from sweeper.launching.control.signals import Interrupts
from sweeper.launching.jobs import gpu_share
from sweeper.launching.outcome import Outcome, outcome_of
from sweeper.launching.progress import ProgressDisplay, SweepProgress
from sweeper.launching.sources.source import Source
from sweeper.launching.speed_meter import SpeedMeter, open_meter
from sweeper.launching.unchanged import unchanged_outcome
from sweeper.notify.notifier import Notifier
from sweeper.planning.plan import Training
from sweeper.planning.settings import Settings
from sweeper.preflight.checks import raise_on_problems
from sweeper.preflight.node_sizes import check_resources, wait_for_nodes
from sweeper.publishing.failures import PublishingFailure
from sweeper.publishing.rescoring import runs_missing_measures
from sweeper.publishing.run_publisher import RunPublisher
from sweeper.tracking import layout

log = logging.getLogger(__name__)

_PUBLISH_TIMEOUT_S = 60.0  # how long to retry an unreachable MLflow after training
_STOPPED_PUBLISH_TIMEOUT_S = 10.0  # the same after a signal, or after losing the engine


class LaunchRound:
    """Trains what a source lacks, publishes results as they come, and says how it ended."""

    def __init__(
        self,
        grid: Grid,
        settings: Settings,
        source: Source,
        engine: Engine,
        console: Console,
        interrupts: Interrupts,
        notifier: Notifier,
    ) -> None:
        self._grid, self._settings = grid, settings
        self._source, self._engine = source, engine
        self._console, self._interrupts = console, interrupts
        self._notifier = notifier
        self._breaker = Breaker(grid.resources.max_failures_alike)
        self._progress = SweepProgress(())
        self._display = ProgressDisplay(self._progress, console)
        self._budget = open_budget(grid, settings)
        self._meter: SpeedMeter | None = None
        self._engine_error = ""
        self._publisher: RunPublisher

    def run(self) -> Outcome:
        """Raises SweeperError for an MLflow that cannot be opened, before anything is trained."""
        unchanged = unchanged_outcome(self._grid, self._source, self._settings.tracking_uri)
        if unchanged is not None:
            return unchanged
        self._publisher = RunPublisher(
            self._grid, self._settings, self._source.plan, self._source.known, self._on_failure
        )
        try:
            self._source.begin(self._publisher, self._progress, self._budget)
            if self._may_train():
                self._train()
            self._rescore()
            self._add_pictures()
            self._free_earlier_checkpoints()
        except KeyboardInterrupt:  # the second signal: the rest is left to the next launch
            self._publisher.queue.stop_retrying()
        finally:
            outcome = self._close()
        return outcome

    def _may_train(self) -> bool:
        is_over = self._budget.exhausted or self._interrupts.stop.is_set()
        return bool(self._source.num_trainings and not is_over)

    def _train(self) -> None:
        try:
            with self._engine.session(), self._display:
                self._interrupts.install()
                num_gpus = self._prepare()
                self._engine.run(
                    self._source.jobs(num_gpus),
                    self._on_event,
                    self._interrupts.stop,
                    max_failures=self._grid.resources.max_failures,
                    max_concurrent=self._grid.resources.max_concurrent,
                    should_stop=self._should_stop,
                )
        except EngineLost as lost:
            self._engine_error = str(lost)
        finally:
            self._budget.save()
            if self._meter is not None:
                self._meter.save()

    def _prepare(self) -> float:
        """Checks that a training fits, and starts to measure. Returns the number of GPUs."""
        if self._engine.on_nodes:
            if not self._engine.on_this_machine:
                wait_for_nodes(self._grid, self._settings, self._interrupts.stop, self._print)
            if not self._interrupts.stop.is_set():
                raise_on_problems([check_resources(self._grid, self._settings)])
        num_gpus = self._engine.num_gpus()
        self._budget.gpu = gpu_share(self._grid, num_gpus)
        if self._engine.on_this_machine:
            self._meter = open_meter(
                self._grid,
                self._settings.store,
                self._source.num_trainings,
                self._engine.max_workers,
            )
        return num_gpus

    def _should_stop(self, event: TrainingEvent) -> bool:
        stops = self._source.should_stop(event)
        if stops:
            self._progress.stop(event.training_id, event.iteration)
        return stops

    def _on_event(self, event: TrainingEvent) -> None:
        training = self._source.training(event.training_id)
        self._progress.add_event(event)
        self._budget.count_time(event.training_id, event.fused)
        if self._meter is not None:
            self._meter.add_event(event, training)
        self._publisher.publish_records(training, event.records)
        if event.kind == "finished":
            self._free_checkpoints(training)
        if event.kind in ("diverged", "failed"):
            self._publisher.publish_failure(training, event)
        self._source.add_event(event)
        self._notify(event)
        self._breaker.add_event(event)
        if self._breaker.reason:
            self._interrupts.stop.set()
        self._display.note(self._note())
        self._display.show(event)

    def _notify(self, event: TrainingEvent) -> None:
        self._notifier.add_event(event)
        if self._budget.exhausted:
            self._notifier.send("budget", self._budget.exhausted)

    def _note(self) -> str:
        if self._interrupts.stop.is_set():
            return "stopping: trainings save a checkpoint (a second signal ends at once)"
        queue = self._publisher.queue
        if queue.failure is not None:
            return f"MLflow: {queue.failure}; {queue.num_pending} records are not published yet"
        return ""

    def _on_failure(self, failure: PublishingFailure) -> None:
        """Reports at once what waiting cannot fix."""
        self._print(f"not published: {failure}")

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _rescore(self) -> None:
        """Scores finished runs by measures that the grid asks for and that they lack, from the
        latents in MLflow: nothing is trained for that."""
        known = self._source.known
        for missing in runs_missing_measures(self._source.plan, known.measures):
            if self._interrupts.stop.is_set():
                return
            self._console.print(f"scoring {missing.run_id} by {', '.join(missing.names)}")
            self._publisher.rescore(missing)

    def _add_pictures(self) -> None:
        """Draws what an earlier launch could not."""
        for run_id in self._finished_before():
            if run_id in self._source.known.without_picture:
                self._publisher.add_picture(run_id)

    def _free_earlier_checkpoints(self) -> None:
        """Of trainings that were finished before this launch."""
        for training in self._source.plan.trainings:
            if not training.todo and not training.unresolved:
                self._free_checkpoints(training)

    def _free_checkpoints(self, training: Training) -> None:
        policy = kept_checkpoints(self._grid, self._source.plan.trainings)
        if policy != "all":
            self._publisher.free_checkpoints(training, keep=1 if policy == "last" else 0)

    def _close(self) -> Outcome:
        is_stopped = self._interrupts.exit_code or self._engine_error
        timeout_s = _STOPPED_PUBLISH_TIMEOUT_S if is_stopped else _PUBLISH_TIMEOUT_S
        self._publisher.tag_reused(self._source.plan)
        self._publisher.queue.wait(timeout_s)
        outcome = self._with_study(self._outcome())
        if outcome.study is not None and not outcome.interrupted:
            self._publisher.attach_results(outcome.study)
        self._publisher.close_launch(outcome.mlflow_state)
        self._publisher.queue.close(timeout_s)
        return self._with_unpublished(outcome)

    def _finished_before(self) -> list[str]:
        statuses = self._source.known.statuses
        return [r for r in self._source.plan.run_ids if statuses.get(r) == layout.FINISHED]

    def _outcome(self) -> Outcome:
        found = outcome_of(self._source.plan, self._source.known, self._publisher.states())
        found = replace(
            found,
            interrupted=self._interrupts.exit_code,
            engine_error=self._engine_error,
            stop_reason=self._breaker.reason,
        )
        return self._with_unpublished(self._source.summarise(found))

    def _with_unpublished(self, outcome: Outcome) -> Outcome:
        queue = self._publisher.queue
        error = "" if queue.failure is None else str(queue.failure)
        return replace(outcome, unpublished=queue.num_pending, publishing_error=error)

    def _with_study(self, outcome: Outcome) -> Outcome:
        """Reads MLflow once, for the results attached to the launch and for what is printed."""
        try:
            return replace(outcome, study=read_study(self._settings.tracking_uri))
        except SweeperError as error:
            return replace(outcome, study_error=str(error))
