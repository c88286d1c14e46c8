"""The trainings of a confirmation: rounds of fresh seeds, until the races are over.

Each round is planned from what MLflow holds, so that a launch after a kill plans the same round."""

from dataclasses import dataclass

from sweeper.analysis.population import Population
from sweeper.confirm.confirmation import Confirmation, ConfirmOptions, confirmation_of
from sweeper.grid import Grid
from sweeper.launching.sources.plan import PlanSource
from sweeper.planning.plan import Plan, plan_from_cells
from sweeper.planning.remaining import KnownRuns, known_runs, stored_progress
from sweeper.planning.settings import Settings
from sweeper.tracking.reading.reader import stored_runs

SUFFIX = "-confirm"


@dataclass(frozen=True)
class Confirmed:
    """The grid that is confirmed. plan, population: what it asks for, and its runs.
    identity: equal for launches of the same confirmation."""

    grid: Grid
    plan: Plan
    population: Population
    options: ConfirmOptions
    identity: str

    def now(self, settings: Settings) -> tuple[Confirmation, KnownRuns]:
        """The state by what MLflow holds. Raises ResultsError, TrackingError, UsageError."""
        stored = stored_runs(settings.tracking_uri)
        found = confirmation_of(
            self.population, self.plan, stored, self.options, sharing=self.grid.sharing
        )
        return found, known_runs(stored)

    def plan_of(
        self, found: Confirmation, known: KnownRuns, settings: Settings, *, most: bool = False
    ) -> Plan:
        """The fresh runs that are wanted by now, less what is done; most: that may be wanted."""
        name = f"{self.grid.title}{SUFFIX}"
        plan = plan_from_cells(name, self.identity, found.cells(most=most))
        ids = (training.training_id for training in plan.trainings)
        return plan.with_progress(known.statuses, stored_progress(settings.store, ids))


class ConfirmSource(PlanSource):
    """See `launching.sources.source.Source`."""

    def __init__(self, grid: Grid, settings: Settings, confirmed: Confirmed) -> None:
        """grid: by which the fresh runs are launched. Raises ResultsError, StoreError,
        TrackingError, UsageError."""
        self._confirmed = confirmed
        found, known = confirmed.now(settings)
        super().__init__(grid, settings, confirmed.plan_of(found, known, settings), known)

    def next_round(self) -> "ConfirmSource | None":
        """The next fresh seeds, where something is not settled yet."""
        if self._exhausted:
            return None
        later = ConfirmSource(self._grid, self._settings, self._confirmed)
        is_new = set(later.plan.run_ids) - set(self.plan.run_ids)
        return later if is_new and later.num_trainings else None
