"""The trainings of a plan: every combination that a grid asks for."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sweeper.engine.jobs import Job, TrainingEvent
from sweeper.grid import Grid
from sweeper.launching.budget import BudgetUse
from sweeper.launching.jobs import jobs_of
from sweeper.launching.outcome import Outcome
from sweeper.launching.progress import SweepProgress
from sweeper.launching.retry import with_retries
from sweeper.messages import counted
from sweeper.planning.plan import Plan, Training
from sweeper.planning.remaining import KnownRuns, plan_and_known_runs
from sweeper.planning.settings import Settings
from sweeper.publishing.run_publisher import RunPublisher


class PlanSource:
    """See `source.Source`."""

    def __init__(self, grid: Grid, settings: Settings, plan: Plan, known: KnownRuns) -> None:
        self._grid, self._settings = grid, settings
        self.plan = self.to_check = plan
        self.known = known
        self._trainings = {training.training_id: training for training in plan.trainings}
        self._budget: BudgetUse | None = None  # set by `begin`, which a round with no work omits

    @property
    def num_trainings(self) -> int:
        return sum(training.is_ready for training in self.plan.trainings)

    def start_lines(self) -> Iterable[str]:
        return ()

    def begin(self, publisher: RunPublisher, progress: SweepProgress, budget: BudgetUse) -> None:
        self._budget = budget
        for training in self.plan.trainings:
            publisher.publish_stored(training)
            progress.add(training)

    def jobs(self, num_gpus: float) -> Iterator[Job]:
        for job in jobs_of(self._grid, self.plan.trainings, self._settings, num_gpus):
            if self._exhausted:
                return
            yield job

    @property
    def _exhausted(self) -> str:
        """Which limit of the budget is used up, or ''."""
        return self._budget.exhausted if self._budget is not None else ""

    def training(self, training_id: str) -> Training:
        return self._trainings[training_id]

    def should_stop(self, event: TrainingEvent) -> bool:
        """At a milestone, once the budget is exhausted."""
        return bool(event.records and self._exhausted)

    def add_event(self, event: TrainingEvent) -> None:
        """A plan does not depend on results."""

    def summarise(self, outcome: Outcome) -> Outcome:
        exhausted = self._exhausted if outcome.num_left else ""
        if not exhausted:
            return outcome
        left = counted(outcome.num_left, "run was", "runs were")
        note = f"{exhausted}: {left} not started or not finished"
        return replace(outcome, notes=(*outcome.notes, note))

    def next_round(self) -> "PlanSource | None":
        """The plan again, if a result made something ready or showed something missing: a learned
        value, mdL-weak in place of mdL-strong, a damaged record."""
        plan, known = plan_and_known_runs(self._grid, self._settings)
        before = {training.training_id: set(training.todo) for training in self.plan.trainings}
        for training in plan.trainings:
            if training.is_ready and set(training.todo) - before.get(training.training_id, set()):
                return PlanSource(self._grid, self._settings, plan, known)
        return None


def plan_source(grid: Grid, settings: Settings) -> PlanSource:
    """The source of a grid. Raises GridError, UsageError, StoreError, TrackingError."""
    plan, known = plan_and_known_runs(grid, settings)
    return PlanSource(grid, settings, *with_retries(plan, known, settings))
