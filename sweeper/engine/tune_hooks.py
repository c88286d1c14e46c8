"""What Ray Tune calls during a run: for the next training, with news, and whether to stop.

Tune pickles its own set-up, these included, to be able to restore it. Nothing here ever restores
one (a launch plans anew), so each pickles as Tune's idle counterpart."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from ray import tune
from ray.tune.schedulers import FIFOScheduler
from ray.tune.search import Searcher

from sweeper.engine.attempts import Attempts
from sweeper.engine.failure_reasons import read_failure_reason
from sweeper.engine.jobs import EventKind, TrainingEvent
from sweeper.engine.nodes import Nodes

_DRAINING_REASON = "its node is about to go: it is saved, and goes on elsewhere"


class JobSearcher(Searcher):
    """Hands Tune the next training; a failed one comes back as a trial of its own."""

    def __init__(
        self, attempts: Attempts, nodes: Nodes, stop: threading.Event, max_concurrent: int | None
    ) -> None:
        """most: trainings at a time; None means as many as fit."""
        super().__init__()
        self._attempts, self._nodes, self._stop, self._max_concurrent = (
            attempts,
            nodes,
            stop,
            max_concurrent,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return Searcher, ()

    def save_to_dir(self, checkpoint_dir: str, session_str: str = "default") -> None:
        """Nothing is saved: a launch plans anew."""

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        if self._stop.is_set() or self._attempts.is_done:
            return str(Searcher.FINISHED)
        capacity = (
            self._nodes.capacity()
            if self._max_concurrent is None
            else min(self._max_concurrent, self._nodes.capacity())
        )
        if self._attempts.running >= capacity:
            return None
        found = self._attempts.next(self._nodes.alive(), self._nodes.draining())
        if found is None:
            return str(Searcher.FINISHED) if self._attempts.is_done else None
        job, avoid = found
        return {"job": asdict(job), "avoid": list(avoid), "joined": self._nodes.in_cluster}

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """The callbacks below have been told already."""


class EventCallback(tune.Callback):
    """Turns results and failed trials into events, and keeps the account of attempts."""

    def __init__(
        self, attempts: Attempts, nodes: Nodes, on_event: Callable[[TrainingEvent], None]
    ) -> None:
        self._attempts, self._nodes, self._on_event = attempts, nodes, on_event
        self._node_of: dict[str, str] = {}
        self._reported: set[tuple[str, int]] = set()

    def __reduce__(self) -> tuple[Any, ...]:
        return tune.Callback, ()

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **_: Any
    ) -> None:
        name, node, status = result["training_id"], result["node_id"], result["status"]
        self._node_of[trial.trial_id] = node
        if status == "arrived":
            return
        if status == "opened":
            self._attempts.record_start(name, result["iteration"])
            status = "running"
        if status == "leaving":
            self._nodes.mark_draining(node)
            self._attempts.requeue(name)
            if "iteration" in result:
                self._on_event(_event(result | {"reason": _DRAINING_REASON}, "running"))
            return
        if status == "unusable":
            self._handle_failure(name, node, result["reason"], result["host"], retry_here=False)
            return
        recorded = status == "recorded"
        event = _event(result, "running" if recorded else status)
        milestones = {(name, iteration) for iteration in event.records}
        known = recorded and milestones <= self._reported
        self._reported |= milestones
        if milestones and not recorded:
            self._attempts.record_milestone(node)
        if event.kind != "progress" or result.get("done"):
            self._attempts.ended(name)
        if not known:
            self._on_event(event)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **_: Any) -> None:
        name = trial.config["job"]["training_id"]
        node = self._node_of.get(trial.trial_id, "")
        self._handle_failure(
            name, node, read_failure_reason(trial.error_file), self._nodes.host(node)
        )

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **_: Any) -> None:
        if trial.trial_id not in self._node_of:  # taken back before it began: see Schedule
            self._attempts.requeue(trial.config["job"]["training_id"])

    def _handle_failure(
        self, name: str, node: str, reason: str, host: str, *, retry_here: bool = True
    ) -> None:
        aside = set(self._attempts.excluded_nodes)
        again = self._attempts.record_failure(
            name, node, self._nodes.alive(), retry_here=retry_here
        )
        for bad in self._attempts.excluded_nodes - aside:
            reason = f"{self._nodes.host(bad)} is set aside: everything fails there ({reason})"
        kind: EventKind = "progress" if again else "failed"
        self._on_event(TrainingEvent(name, kind, reason=reason, host=host))


class StopScheduler(FIFOScheduler):
    """Ends a training that is judged not worth going on with. Takes back a waiting trial that no
    live node may run any more: it may have been kept off some, and the others are gone."""

    def __init__(self, nodes: Nodes, should_stop: Callable[[TrainingEvent], bool]) -> None:
        super().__init__()
        self._nodes, self._judge = nodes, should_stop

    def __reduce__(self) -> tuple[Any, ...]:
        return FIFOScheduler, ()

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """Tune asks only of trainings that could go on."""
        goes_on = result["status"] in ("running", "recorded")
        stops = goes_on and self._judge(_event(result, "running"))
        return str(self.STOP if stops else self.CONTINUE)

    def choose_trial_to_run(self, tune_controller: Any, **_: Any) -> Any:
        for trial in tune_controller.get_live_trials():
            avoid = set(trial.config["avoid"])
            alive = self._nodes.alive()
            if alive and trial.status == trial.PENDING and alive <= avoid:
                tune_controller.request_stop_trial(trial)
        return super().choose_trial_to_run(tune_controller)


class StopOnEvent(tune.Stopper):
    """Stops every trial once the event is set."""

    def __init__(self, event: threading.Event) -> None:
        self._event = event

    def __reduce__(self) -> tuple[Any, ...]:
        return tune.stopper.NoopStopper, ()

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        return self._event.is_set()

    def stop_all(self) -> bool:
        return self._event.is_set()


def _event(result: Mapping[str, Any], status: Any) -> TrainingEvent:
    return TrainingEvent(
        training_id=result["training_id"],
        kind="progress" if status == "running" else status,
        iteration=result.get("iteration", 0),
        losses=json.loads(result.get("losses", "{}")),
        scores=json.loads(result.get("scores", "{}")),
        records={int(k): v for k, v in json.loads(result.get("records", "{}")).items()},
        reason=result.get("reason", ""),
        host=result["host"],
    )
