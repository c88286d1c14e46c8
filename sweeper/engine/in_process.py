"""The engine without Ray: trainings run one after another in this process.

For debugging: a breakpoint in a training stops there. Nothing here imports Ray."""

import contextlib
import socket
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from sweeper.engine.attempt import Attempt, Result
from sweeper.engine.attempts import Attempts
from sweeper.engine.failure_reasons import failure_reason
from sweeper.engine.jobs import EventKind, Job, TrainingEvent
from sweeper.engine.reported import Reported

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
    """One call of `run`."""

    attempts: Attempts
    on_event: OnEvent
    stop: threading.Event
    should_stop: ShouldStop
    reported: Reported = field(default_factory=Reported)

    def train(self, job: Job) -> None:
        """One attempt at a job. What is left unfinished is saved."""
        attempt = Attempt(job.to_dict())
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
        event = _event(result)
        is_new = self.reported.is_new(event, recorded=result.status == "recorded")
        can_stop = result.status in ("recorded", "running") and not result.more
        stops = can_stop and self.should_stop(event)
        if stops or result.is_last:
            self.attempts.ended(name)
        if is_new:
            self.on_event(event)
        return stops or result.is_last

    def _fail(self, job: Job, reason: str, *, retry_here: bool = True) -> None:
        again = self.attempts.record_failure(job.training_id, _NODE, [_NODE], retry_here=retry_here)
        kind: EventKind = "progress" if again else "failed"
        for training_id in job.training_ids:
            event = TrainingEvent(training_id, kind, reason=reason, host=_host())
            if self.reported.is_new(event):
                self.on_event(event)


def _event(result: Result) -> TrainingEvent:
    return TrainingEvent(
        training_id=result.training_id,
        kind=result.event_kind,
        iteration=result.iteration,
        losses=result.losses,
        scores=result.scores,
        records=result.records,
        reason=result.reason,
        host=_host(),
        fused=result.fused,
    )


def _host() -> str:
    return socket.gethostname()
