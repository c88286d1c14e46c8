"""The engine without Ray: trainings run one after another in this process.

For debugging: a breakpoint in a training stops there. Nothing here imports Ray."""

import contextlib
import socket
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from sweeper.engine.attempt import Result, TrainingAttempt
from sweeper.engine.attempts import Attempts
from sweeper.engine.failure_reasons import failure_reason
from sweeper.engine.jobs import EventKind, Job, TrainingEvent

_NODE = "this process"

OnEvent = Callable[[TrainingEvent], None]
ShouldStop = Callable[[TrainingEvent], bool]


class InProcessEngine:
    """See `engine.Engine`."""

    on_nodes = False
    on_this_machine = True
    max_workers: int | None = 1
    session_folder: str | None = None

    def load(self) -> None:
        """Nothing: a session needs no library."""

    @contextlib.contextmanager
    def session(self) -> Iterator[None]:
        yield

    def num_gpus(self) -> float:
        import torch

        return float(torch.cuda.device_count())

    def run(
        self,
        jobs: Iterable[Job],
        on_event: OnEvent,
        stop: threading.Event,
        *,
        max_failures: int = 2,
        max_concurrent: int | None = None,
        should_stop: ShouldStop = lambda event: False,
    ) -> None:
        run = _Run(Attempts(jobs, max_failures), on_event, stop, should_stop)
        while not stop.is_set() and (found := run.attempts.next([_NODE])) is not None:
            run.train(found[0])


@dataclass
class _Run:
    """One call of `run`. reported: (training id, iteration) of milestones reported so far."""

    attempts: Attempts
    on_event: OnEvent
    stop: threading.Event
    should_stop: ShouldStop
    reported: set[tuple[str, int]] = field(default_factory=set)

    def train(self, job: Job) -> None:
        """One attempt at a training. What is left unfinished is saved."""
        attempt = TrainingAttempt(job.to_dict())
        try:
            while not self.stop.is_set():
                try:
                    result = attempt.advance()
                except Exception:  # it has closed the training
                    self._fail(job, failure_reason(traceback.format_exc()))
                    return
                if self._take(job, result):
                    return
        finally:
            attempt.save_and_close()

    def _take(self, job: Job, result: Result) -> bool:
        """Whether the attempt ends with this result."""
        name = job.training_id
        if result.status == "unusable":
            self._fail(job, result.reason, retry_here=False)
            return True
        if result.status == "opened":
            self.attempts.record_start(name, result.iteration)
        elif result.status == "running" and result.records:
            self.attempts.record_milestone(_NODE)
        event = _event(job, result)
        milestones = {(name, iteration) for iteration in result.records}
        is_known = result.status == "recorded" and milestones <= self.reported
        self.reported |= milestones
        stops = result.status in ("recorded", "running") and self.should_stop(event)
        if stops or result.is_last:
            self.attempts.ended(name)
        if not is_known:
            self.on_event(event)
        return stops or result.is_last

    def _fail(self, job: Job, reason: str, *, retry_here: bool = True) -> None:
        again = self.attempts.record_failure(job.training_id, _NODE, [_NODE], retry_here=retry_here)
        kind: EventKind = "progress" if again else "failed"
        self.on_event(TrainingEvent(job.training_id, kind, reason=reason, host=_host()))


def _event(job: Job, result: Result) -> TrainingEvent:
    return TrainingEvent(
        training_id=job.training_id,
        kind=result.event_kind,
        iteration=result.iteration,
        losses=result.losses,
        scores=result.scores,
        records=result.records,
        reason=result.reason,
        host=_host(),
    )


def _host() -> str:
    return socket.gethostname()
