"""What Ray Tune calls during a run: to get the next training, report results, and stop.

Tune pickles its own state, these objects included, to be able to restore it. Nothing here is ever
restored (a launch plans again), so each pickles as Tune's idle counterpart."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ray import tune
from ray.tune.schedulers import FIFOScheduler
from ray.tune.search import Searcher

from sweeper.engine.attempts import Attempts
from sweeper.engine.failure_reasons import read_failure_reason
from sweeper.engine.jobs import EventKind, TrainingEvent, members_of
from sweeper.engine.on_ray.code_check import code_here
from sweeper.engine.on_ray.nodes import Nodes
from sweeper.engine.reported import Reported

_DRAINING_REASON = "its node is draining: it is saved and continues on another node"


class JobSearcher(Searcher):
    """Gives Tune the next training; a failed one returns as a trial of its own."""

    def __init__(
        self, attempts: Attempts, nodes: Nodes, stop: threading.Event, max_concurrent: int | None
    ) -> None:
        """max_concurrent: trainings at a time; None means as many as fit."""
        super().__init__()
        self._attempts, self._nodes, self._stop = attempts, nodes, stop
        self._max_concurrent = max_concurrent

    def __reduce__(self) -> tuple[Any, ...]:
        return Searcher, ()

    def save_to_dir(self, checkpoint_dir: str, session_str: str = "default") -> None:
        """Nothing is saved: a launch plans again."""

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        if self._stop.is_set() or self._attempts.is_done:
            return str(Searcher.FINISHED)
        capacity = self._nodes.capacity()
        if self._max_concurrent is not None:
            capacity = min(self._max_concurrent, capacity)
        if self._attempts.running >= capacity:
            return None
        found = self._attempts.next(self._nodes.alive(), self._nodes.draining())
        if found is None:
            return str(Searcher.FINISHED) if self._attempts.is_done else None
        job, excluded = found
        return {
            "job": job.to_dict(),
            "code": code_here().to_dict(),
            "excluded": list(excluded),
            "joined": self._nodes.in_cluster,
        }

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """The callbacks below have recorded it already."""


class EventCallback(tune.Callback):
    """Turns results and failed trials into events, and records attempts."""

    def __init__(
        self, attempts: Attempts, nodes: Nodes, on_event: Callable[[TrainingEvent], None]
    ) -> None:
        self._attempts, self._nodes, self._on_event = attempts, nodes, on_event
        self._node_of: dict[str, str] = {}
        self._reported = Reported()

    def __reduce__(self) -> tuple[Any, ...]:
        return tune.Callback, ()

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **_: Any
    ) -> None:
        name, node, status = result["job_id"], result["node_id"], result["status"]
        self._node_of[trial.trial_id] = node
        if status == "arrived":
            return
        if status == "opened":
            self._attempts.record_start(name, result["iteration"])
        if status == "leaving":
            self._nodes.mark_draining(node)
            self._attempts.requeue(name)
            if "iteration" in result:
                self._on_event(_event(result | {"reason": _DRAINING_REASON}))
        elif status == "unusable":
            self._handle_failure(trial, node, result["reason"], result["host"], retry_here=False)
        else:
            self._report(result)
            if result.get("done"):
                self._attempts.ended(name)

    def _report(self, result: Mapping[str, Any]) -> None:
        event, is_recorded = _event(result), result["status"] == "recorded"
        if event.records and not is_recorded:
            self._attempts.record_milestone(result["node_id"])
        if self._reported.is_new(event, recorded=is_recorded):
            self._on_event(event)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **_: Any) -> None:
        node = self._node_of.get(trial.trial_id, "")
        reason = read_failure_reason(trial.error_file)
        # Code that cannot be imported cannot be imported by the next worker either.
        retry_here = not reason.startswith(("ImportError", "ModuleNotFoundError"))
        self._handle_failure(trial, node, reason, self._nodes.host(node), retry_here=retry_here)

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **_: Any) -> None:
        if trial.trial_id not in self._node_of:  # withdrawn before it began: see StopScheduler
            self._attempts.requeue(trial.config["job"]["training_id"])

    def _handle_failure(
        self, trial: Any, node: str, reason: str, host: str, *, retry_here: bool = True
    ) -> None:
        job = trial.config["job"]
        before = set(self._attempts.excluded_nodes)
        # A worker that never reported its node ran on the only one there is.
        is_elsewhere = node or retry_here or self._nodes.in_cluster
        alive = self._nodes.alive() if is_elsewhere else frozenset()
        again = self._attempts.record_failure(
            job["training_id"], node, alive, retry_here=retry_here
        )
        for bad in self._attempts.excluded_nodes - before:
            reason = f"{self._nodes.host(bad)} is excluded: everything fails there ({reason})"
        kind: EventKind = "progress" if again else "failed"
        for name, _ in members_of(job):
            event = TrainingEvent(name, kind, reason=reason, host=host)
            if self._reported.is_new(event):
                self._on_event(event)


class StopScheduler(FIFOScheduler):
    """Ends a training that `should_stop` chooses. Withdraws a pending trial that could start on a
    node excluded since, or that no live node may run, because every node that is left is excluded
    for it."""

    def __init__(
        self, attempts: Attempts, nodes: Nodes, should_stop: Callable[[TrainingEvent], bool]
    ) -> None:
        super().__init__()
        self._attempts, self._nodes, self._should_stop = attempts, nodes, should_stop

    def __reduce__(self) -> tuple[Any, ...]:
        return FIFOScheduler, ()

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """Tune calls this only for trainings that could continue."""
        can_stop = result["status"] in ("running", "recorded") and not result["more"]
        stops = can_stop and self._should_stop(_event(result))
        return str(self.STOP if stops else self.CONTINUE)

    def choose_trial_to_run(self, tune_controller: Any, **_: Any) -> Any:
        for trial in tune_controller.get_live_trials():
            if trial.status == trial.PENDING and self._is_misplaced(trial.config["excluded"]):
                tune_controller.request_stop_trial(trial)
        return super().choose_trial_to_run(tune_controller)

    def _is_misplaced(self, excluded: Iterable[str]) -> bool:
        """Whether a trial that was placed with these nodes excluded has to be placed again."""
        alive = self._nodes.alive()
        allowed, bad = alive - set(excluded), self._attempts.excluded_nodes
        return bool(alive and not allowed) or bool(allowed & bad and alive - bad)


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


def _event(result: Mapping[str, Any]) -> TrainingEvent:
    """The event of a result that `trial` reports."""
    status = result["status"]
    return TrainingEvent(
        training_id=result["training_id"],
        kind=status if status in ("finished", "diverged", "failed") else "progress",
        iteration=result.get("iteration", 0),
        losses=json.loads(result.get("losses", "{}")),
        scores=json.loads(result.get("scores", "{}")),
        records={int(k): v for k, v in json.loads(result.get("records", "{}")).items()},
        reason=result.get("reason", ""),
        host=result["host"],
        fused=result.get("fused", 1),
    )
