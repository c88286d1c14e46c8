"""Publishes to MLflow in the background: a queue, one thread, retries.

Training never waits for MLflow. During an outage a task is tried again after a second, later after
at most half a minute. What is left when a launch ends is in the sweep store, and the next launch
publishes it."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from sweeper.publishing.failures import PublishingFailure, failure_of

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
MAX_BACKOFF_S = 30.0
_MAX_TRIES = 3  # attempts per task before it moves to the end of the queue

Task = Callable[[Any], Any]  # called with the writer; its result is kept


class Publisher:
    """Runs tasks on one thread, in order, each until it succeeds or the publisher is closed.

    A task that fails for a local reason, or again and again while others succeed, moves to the end
    of the queue."""

    def __init__(
        self,
        open_writer: Callable[[], Any],
        on_failure: Callable[[PublishingFailure], None] = lambda failure: None,
    ) -> None:
        """open_writer: called on the publisher's thread, and again after a failure.
        on_failure: called on that thread, once for each reason that is not an outage."""
        self._open_writer = open_writer
        self._on_failure = on_failure
        self._tasks: deque[Task] = deque()
        self._undone: list[Task] = []
        self._failing: list[Task] = []  # for local reasons, since the last success
        self._results: list[Any] = []
        self._changed = threading.Condition()
        self._closed = False
        self._retry_timeout_s = float("inf")
        self._deadline = float("inf")
        self._gave_up = False
        self._reported: set[str] = set()
        self.failure: PublishingFailure | None = None
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    @property
    def num_pending(self) -> int:
        """Tasks not done yet."""
        return len(self._tasks) + len(self._undone)

    def results(self) -> list[Any]:
        """What the tasks done so far returned, in the order done."""
        with self._changed:
            return list(self._results)

    def put(self, task: Task) -> None:
        with self._changed:
            self._tasks.append(task)
            self._changed.notify_all()

    def stop_retrying(self) -> None:
        """A task that fails from now on is left undone."""
        with self._changed:
            self._retry_timeout_s = 0.0
            self._changed.notify_all()

    def wait(self, retry_timeout_s: float) -> int:
        """Waits until the queue is empty, at most `retry_timeout_s` past the first failure.

        Returns the number of tasks left undone. Tasks put later are done all the same, unless an
        outage outlasted the timeout."""
        with self._changed:
            self._retry_timeout_s = min(self._retry_timeout_s, retry_timeout_s)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._gave_up or not self._tasks)
            return self.num_pending

    def close(self, retry_timeout_s: float) -> int:
        """Waits as `wait` does and ends the thread. Returns the number of tasks left undone."""
        undone = self.wait(retry_timeout_s)
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()
        return undone

    def _run(self) -> None:
        writer: Any | None = None
        num_failed = 0  # in a row
        while (task := self._next()) is not None:
            try:
                writer = writer or self._open_writer()
                result = task(writer)
            except Exception as error:
                # Whatever MLflow, its database driver, the network or a drawing library raise: the
                # record is safe in the store, and the sweep must not end over it.
                writer = None
                num_failed += 1
                self._handle(task, failure_of(error), num_failed)
                continue
            num_failed = 0
            self._failing.clear()
            with self._changed:
                self._tasks.popleft()
                self._results.append(result)
                if not self._tasks and not self._undone:
                    self.failure = None
                self._deadline = float("inf")
                self._changed.notify_all()

    def _next(self) -> Task | None:
        """The first task, once there is one; None when no more will be tried."""
        with self._changed:
            self._changed.wait_for(lambda: self._tasks or self._closed)
            return self._tasks[0] if self._tasks and not self._gave_up else None

    def _handle(self, task: Task, failure: PublishingFailure, num_failed: int) -> None:
        """Reports a failure, then pauses, or gives up when the time for retries is over."""
        log.info("MLflow: %s", failure)
        self.failure = failure
        if not failure.is_outage and failure.reason not in self._reported:
            self._reported.add(failure.reason)
            self._on_failure(failure)
        with self._changed:
            if num_failed % _MAX_TRIES == 0 or not failure.is_outage:
                self._tasks.rotate(-1)
            if not failure.is_outage and task not in self._failing:
                self._failing.append(task)
            if self._retry_timeout_s < float("inf") and self._give_up(failure):
                self._changed.notify_all()
                return
            pause_s = min(FIRST_PAUSE_S * 2 ** min(num_failed - 1, 10), MAX_BACKOFF_S)
            if self._retry_timeout_s < float("inf"):
                pause_s = min(pause_s, FIRST_PAUSE_S)
            self._changed.wait(pause_s)

    def _give_up(self, failure: PublishingFailure) -> bool:
        """Whether nothing in the queue is tried any more: for local reasons once every task has
        failed, in an outage after the timeout."""
        if not failure.is_outage and all(task in self._failing for task in self._tasks):
            self._undone += self._tasks
            self._tasks.clear()
            return True
        self._deadline = min(self._deadline, time.monotonic() + self._retry_timeout_s)
        self._gave_up = time.monotonic() >= self._deadline
        return self._gave_up
