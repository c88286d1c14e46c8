"""The way of a record into MLflow: a queue, one thread, patience.

Training never waits for MLflow. A record that cannot be published is tried again, first after a
second, then after at most half a minute; what is still waiting when a launch ends lies in the
sweep store, and the next launch publishes it."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from sweeper.messages import first_line

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
MAX_BACKOFF_S = 30.0
_TRIES = 3  # of one task; then the one behind it has its turn

Task = Callable[[Any], None]  # called with the writer


class Publisher:
    """Runs tasks on one thread, in order, each until it succeeds or the publisher is closed.

    One that fails while others succeed is at fault itself: it goes to the end of the queue."""

    def __init__(self, open_writer: Callable[[], Any]) -> None:
        """`open_writer` is called on the publisher's thread, and again after a failure."""
        self._open_writer = open_writer
        self._tasks: deque[Task] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._retry_timeout_s = float("inf")
        self._deadline: float | None = None
        self.published = 0
        self.last_error = ""
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    @property
    def num_pending(self) -> int:
        """Tasks not done yet."""
        return len(self._tasks)

    def put(self, task: Task) -> None:
        with self._changed:
            self._tasks.append(task)
            self._changed.notify()

    def stop_retrying(self) -> None:
        """Waits for nothing any more: what fails from now on is left undone."""
        with self._changed:
            self._retry_timeout_s = 0.0
            self._changed.notify()

    def close(self, retry_timeout_s: float) -> int:
        """Waits for the queue to empty, at most `patience_s` past the first failure from now.

        Returns the number of tasks left undone."""
        with self._changed:
            self._retry_timeout_s = min(self._retry_timeout_s, retry_timeout_s)
            self._closed = True
            self._changed.notify()
        self._thread.join()
        return len(self._tasks)

    def _run(self) -> None:
        writer: Any | None = None
        failed_in_a_row = 0
        while (task := self._next()) is not None:
            try:
                writer = writer or self._open_writer()
                task(writer)
            except Exception as error:
                # Whatever MLflow, its database driver or the network throw: the record is safe
                # in the store, so the only wrong answer is to lose the sweep over it.
                self.last_error = first_line(error)
                log.info("MLflow: %s", self.last_error)
                writer = None
                failed_in_a_row += 1
                if failed_in_a_row % _TRIES == 0:
                    self._tasks.rotate(-1)
                if self._should_stop():
                    return
                self._pause(failed_in_a_row)
                continue
            with self._changed:
                self._tasks.popleft()
            self.published += 1
            self.last_error = ""
            self._deadline = None
            failed_in_a_row = 0

    def _next(self) -> Task | None:
        """The first task, once there is one; None when all are done and no more will come."""
        with self._changed:
            self._changed.wait_for(lambda: self._tasks or self._closed)
            return self._tasks[0] if self._tasks else None

    def _pause(self, failures: int) -> None:
        pause_s = min(FIRST_PAUSE_S * 2 ** min(failures - 1, 10), MAX_BACKOFF_S)
        with self._changed:
            if self._closed:
                pause_s = min(pause_s, FIRST_PAUSE_S)
            self._changed.wait(pause_s)

    def _should_stop(self) -> bool:
        if not self._closed:
            return False
        if self._deadline is None:
            self._deadline = time.monotonic() + self._retry_timeout_s
        return time.monotonic() >= self._deadline or self._retry_timeout_s == 0.0
