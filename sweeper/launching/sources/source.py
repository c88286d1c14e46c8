"""The interface of a source of trainings: all in which launches of a grid and a search differ."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from sweeper.engine.jobs import Job, TrainingEvent
from sweeper.launching.budget import BudgetUse
from sweeper.launching.outcome import Outcome
from sweeper.launching.progress import SweepProgress
from sweeper.planning.plan import Plan, Training
from sweeper.planning.remaining import KnownRuns
from sweeper.publishing.run_publisher import RunPublisher


class Source(Protocol):
    """plan: the runs asked for; of a search, those it has reached so far.  known: runs that MLflow
    has.  to_check: a plan that needs what the trainings need, for the checks before a launch.
    num_trainings: how many are left at the most; with 0 no engine is started."""

    @property
    def plan(self) -> Plan: ...

    @property
    def known(self) -> KnownRuns: ...

    @property
    def to_check(self) -> Plan: ...

    @property
    def num_trainings(self) -> int: ...

    def start_lines(self) -> Iterable[str]:
        """What the launch prints before it starts."""
        ...

    def begin(self, publisher: RunPublisher, progress: SweepProgress, budget: BudgetUse) -> None:
        """Publishes what is recorded and not in MLflow, and shows what is going to run."""
        ...

    def jobs(self, num_gpus: float) -> Iterator[Job]:
        """A job for each training, taken when there is capacity for it; ends when all are given or
        the budget is exhausted. num_gpus: of the engine, in all."""
        ...

    def training(self, training_id: str) -> Training:
        """The training of a job."""
        ...

    def should_stop(self, event: TrainingEvent) -> bool:
        """The stopping rule: whether a training that could continue ends with this event."""
        ...

    def add_event(self, event: TrainingEvent) -> None:
        """Called with every event, after `should_stop`."""
        ...

    def summarise(self, outcome: Outcome) -> Outcome:
        """The outcome, with what only the source can say of it."""
        ...

    def next_round(self) -> "Source | None":
        """A source of what this launch made ready and could not train, if there is any. Raises
        TrackingError."""
        ...
