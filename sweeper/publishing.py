"""The way of a record into MLflow: a queue, one thread, patience.

Training never waits for MLflow. A record that cannot be published is tried again, first after a
second, then after at most half a minute; what is still waiting when a launch ends lies in the
sweep store, and the next launch publishes it."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Protocol

log = logging.getLogger(__name__)

_LONGEST_PAUSE_S = 30.0

Task = Callable[["SupportsPublish"], None]


class SupportsPublish(Protocol):
    """What a task is called with: the writer of MLflow."""


class Publisher:
    """Runs tasks in order on one thread, each until it succeeds or the publisher is closed."""

    def __init__(self, open_writer: Callable[[], SupportsPublish]) -> None:
        """`open_writer` is called on the publisher's thread, and again after a failure."""
        self._open_writer = open_writer
        self._tasks: queue.Queue[Task | None] = queue.Queue()
        self._closing = threading.Event()
        self._deadline = float("inf")
        self.published = 0
        self.trouble = ""
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Tasks not done yet."""
        return self._tasks.unfinished_tasks

    def put(self, task: Task) -> None:
        self._tasks.put(task)

    def close(self, patience_s: float) -> int:
        """Waits for the queue to empty, at most `patience_s` past the first failure from now.

        Returns the number of tasks left undone."""
        self._patience_s = patience_s
        self._closing.set()
        self._tasks.put(None)
        self._thread.join()
        return self._left

    def _run(self) -> None:
        self._left = 0
        writer: SupportsPublish | None = None
        while (task := self._tasks.get()) is not None:
            pause_s = 1.0
            while True:
                try:
                    writer = writer or self._open_writer()
                    task(writer)
                    self.published += 1
                    self.trouble = ""
                    self._deadline = float("inf")
                    break
                except Exception as error:
                    # Whatever MLflow, its database driver or the network throw: the record is
                    # safe in the store, so the only wrong answer is to lose the sweep over it.
                    self.trouble = next(iter(str(error).splitlines()), type(error).__name__)
                    log.warning("MLflow: %s", self.trouble)
                    writer = None
                if self._given_up():
                    self._left += 1
                    break
                if self._closing.wait(pause_s):
                    time.sleep(min(pause_s, 1.0))
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            self._tasks.task_done()

    def _given_up(self) -> bool:
        if not self._closing.is_set():
            return False
        if self._deadline == float("inf"):
            self._deadline = time.monotonic() + self._patience_s
        return time.monotonic() > self._deadline
