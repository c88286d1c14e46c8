"""The interface of an engine."""

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from sweeper.engine.jobs import Job, TrainingEvent
from sweeper.errors import EngineError


class EngineLost(EngineError):
    """The engine cannot be used any more; what it had recorded is in the store."""


class Engine(Protocol):
    """Runs trainings. Every engine gives the same records, bit for bit, and the same events.

    on_nodes: whether trainings run on nodes of a Ray, which are checked before a launch.
    on_this_machine: whether its speeds are those of this machine.  max_workers: how many trainings
    run at a time at the most; None means as many as fit.  session_folder: inside a session, the
    temporary folder on this machine that it leaves; None where it leaves none."""

    on_nodes: bool
    on_this_machine: bool
    max_workers: int | None

    @property
    def session_folder(self) -> str | None: ...

    def load(self) -> None:
        """Imports what starting a session needs, so that another thread may import other libraries
        meanwhile."""
        ...

    def session(self) -> AbstractContextManager[None]:
        """The engine ready for `run`. May be entered again inside. Raises EngineError."""
        ...

    def num_gpus(self) -> float:
        """GPUs of all machines; inside a session."""
        ...

    def run(
        self,
        jobs: Iterable[Job],
        on_event: Callable[[TrainingEvent], None],
        stop: threading.Event,
        *,
        max_failures: int = 2,
        max_concurrent: int | None = None,
        should_stop: Callable[[TrainingEvent], bool] = lambda event: False,
    ) -> None:
        """Runs every job; returns when all have ended or `stop` was set.

        Jobs start in the order given, and each is requested when there is capacity for it. A
        training that fails unexpectedly starts again, from its newest checkpoint, up to
        `max_failures` times in a row; then it is reported as failed and the others continue. When
        `stop` is set, running trainings save a checkpoint and end.

        should_stop: called with each result of a training that could continue, before `on_event`
        is; True ends the training there, with a checkpoint.  Raises EngineLost."""
        ...
