"""The trainings of a search: points are proposed while others train.

The plan is not known in advance; it grows as points finish, with the milestones that they reached.
So no table misses a run that a pruner stopped."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace

from sweeper.engine.jobs import Job, TrainingEvent
from sweeper.errors import UsageError
from sweeper.grid import Grid
from sweeper.grid.blocks.dataset_entry import DatasetEntry
from sweeper.launching.budget import BudgetUse
from sweeper.launching.jobs import jobs_of
from sweeper.launching.outcome import Outcome
from sweeper.launching.progress import SweepProgress
from sweeper.planning.cells import Cell, ExpansionOptions
from sweeper.planning.plan import Plan, Training, plan_from_cells
from sweeper.planning.settings import Settings, options_of
from sweeper.publishing.run_publisher import RunPublisher
from sweeper.search.candidate import Candidate
from sweeper.search.dataset_search import DatasetSearch
from sweeper.search.identity import journal_of, search_id
from sweeper.search.known_results import StoredResults, read_stored_results
from sweeper.search.space import point_cells, space_of
from sweeper.search.summary import end_summary, start_lines
from sweeper.search.training_queue import TrainingQueue


class SearchSource:
    """See `source.Source`."""

    def __init__(
        self,
        grid: Grid,
        settings: Settings,
        options: ExpansionOptions,
        searches: list[DatasetSearch],
        results: StoredResults,
    ) -> None:
        self._grid, self._settings, self._options = grid, settings, options
        self._searches, self._results = searches, results
        self.known = results.known
        self._identity = search_id(grid, options)
        self._trainings: dict[str, Training] = {}
        self._ended = [candidate for search in searches for candidate in search.candidates()]
        reached = [cell for candidate in self._ended for cell in candidate.reached()]
        self._cells = {cell.run_id: cell for cell in reached}
        self._queue = TrainingQueue(searches, lambda: self._budget.exhausted, self._on_start)
        self._first: Training | None = None
        self._budget: BudgetUse
        self._publisher: RunPublisher
        self._progress: SweepProgress
        for search in searches:
            search.on_end = self._on_end

    @property
    def plan(self) -> Plan:
        plan = plan_from_cells(self._grid.title, self._identity, self._cells.values())
        return plan.with_progress(self.known.statuses, {})

    @property
    def to_check(self) -> Plan:
        """A point of each dataset."""
        rng = random.Random(0)
        cells: list[Cell] = []
        for dataset in self._grid.datasets:
            point = space_of(self._grid, dataset).sample(rng)
            cells += point_cells(self._grid, dataset, point, self._options)
        return plan_from_cells(self._grid.title, "", cells)

    @property
    def num_trainings(self) -> int:
        unfinished = [search for search in self._searches if search.unfinished]
        return len(self._grid.seeds) * sum(1 + search.unproposed for search in unfinished)

    def start_lines(self) -> Iterable[str]:
        return start_lines(self._grid, self._searches)

    def begin(self, publisher: RunPublisher, progress: SweepProgress, budget: BudgetUse) -> None:
        self._publisher, self._progress, self._budget = publisher, progress, budget
        for candidate in self._ended:
            self._publish_ended(candidate)

    def jobs(self, num_gpus: float) -> Iterator[Job]:
        while (training := self._queue.next()) is not None:
            yield from jobs_of(self._grid, [training], self._settings, num_gpus)

    def training(self, training_id: str) -> Training:
        return self._trainings[training_id]

    def should_stop(self, event: TrainingEvent) -> bool:
        """Where the pruner or the budget ends a point."""
        scores = {event.iteration: event.scores} if event.records else {}
        return self._queue.add_scores(event.training_id, scores)

    def add_event(self, event: TrainingEvent) -> None:
        if event.kind == "finished":
            scores = {event.iteration: event.scores} if event.records else {}
            self._queue.add_scores(event.training_id, scores, finished=True)
        elif event.kind in ("diverged", "failed"):
            self._queue.give_up(event.training_id, event.kind, event.reason)

    def summarise(self, outcome: Outcome) -> Outcome:
        notes, num_missing, succeeded = end_summary(
            self._grid, self._searches, self._queue, bool(outcome.interrupted)
        )
        return replace(
            outcome,
            num_left=outcome.num_left + num_missing,
            accepts_diverged=succeeded,
            notes=(*outcome.notes, *notes),
        )

    def next_round(self) -> None:
        """A search proposes all that it can in one round."""

    def _on_start(self, candidate: Candidate) -> None:
        for training in candidate.trainings:
            self._trainings[training.training_id] = training
            self._progress.add(training)
            self._publisher.publish_stored(training)

    def _on_end(self, candidate: Candidate) -> None:
        """A point that ended enters the plan, and the plan goes to MLflow."""
        for training in candidate.trainings:
            self._publisher.publish_stored(training)
        self._cells |= {cell.run_id: cell for cell in candidate.reached()}
        self._publisher.attach_plan(self.plan)

    def _publish_ended(self, candidate: Candidate) -> None:
        """Publishes what MLflow lacks of a point that ended in a launch that was killed later."""
        for training in candidate.trainings:
            self._trainings[training.training_id] = training
            self._publisher.publish_stored(training)
            is_known = self.known.statuses.keys() >= set(training.run_ids)
            if candidate.end in ("diverged", "failed") and not is_known:
                event = TrainingEvent(training.training_id, candidate.end, reason=candidate.reason)
                self._publisher.publish_failure(training, event)


def search_source(grid: Grid, settings: Settings) -> SearchSource:
    """The searches of a grid, one on each dataset, begun or resumed.

    Raises TrackingError; UsageError for a space that differs from the one the search began with."""
    options = options_of(settings)
    results = read_stored_results(settings)
    searches = [_open(grid, dataset, options, results, settings) for dataset in grid.datasets]
    return SearchSource(grid, settings, options, searches, results)


def _open(
    grid: Grid,
    dataset: DatasetEntry,
    options: ExpansionOptions,
    results: StoredResults,
    settings: Settings,
) -> DatasetSearch:
    from search_spaces.samplers import SearchMismatch

    journal = journal_of(settings.store, grid, dataset, options)
    try:
        return DatasetSearch(grid, dataset, options, results, journal)
    except SearchMismatch as changed:
        raise UsageError(
            f"{grid.origin.file}: the search was begun with another space ({changed}). Give the "
            f"grid another `name`, or delete {journal} to start it again: what was trained is "
            "reused."
        ) from None
    except ValueError as error:
        raise UsageError(f"{grid.origin.file}: search: {error}") from None
