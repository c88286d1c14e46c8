"""`launch` of a grid with `search`: points are proposed while others train.

What a launch of a full grid knows beforehand, its plan, grows here: a point enters it when it is
over, with the milestones that it reached. So tables never miss what a pruner cut off."""

import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from rich.console import Console

from sweeper.engine.jobs import Job, TrainingEvent
from sweeper.errors import UsageError
from sweeper.grid import Grid
from sweeper.grid.blocks.dataset_entry import DatasetEntry
from sweeper.launching.outcome import Outcome
from sweeper.launching.progress import SweepProgress
from sweeper.launching.round import LaunchRound
from sweeper.launching.signals import Interrupts
from sweeper.planning.cells import Cell, ExpansionOptions
from sweeper.planning.plan import Plan, Training, plan_from_cells
from sweeper.planning.settings import Settings, options_of
from sweeper.preflight.checks import check_locally, raise_on_problems
from sweeper.publishing.runs import attach_text
from sweeper.search.candidate import Candidate
from sweeper.search.dataset_search import DatasetSearch
from sweeper.search.identity import journal_of, search_id
from sweeper.search.known_results import StoredResults, read_stored_results
from sweeper.search.space import point_cells, space_of
from sweeper.search.summary import end_summary, start_lines
from sweeper.search.training_queue import TrainingQueue
from sweeper.tracking import layout


def launch_search(
    grid: Grid,
    setting: Settings,
    console: Console,
    interrupts: Interrupts,
    on_plan: Callable[[Plan], None] = lambda plan: None,
    join: Callable[[Plan], None] = lambda plan: None,
) -> Outcome:
    """Goes on with the searches of `grid` on each of its datasets. join: starts or joins Ray, and
    checks it with a plan, once it is sure that something is left to do.

    Raises SweeperError before anything is started; UsageError for a space that is another one than
    the search was begun with."""
    options = options_of(setting)
    shelves = read_stored_results(setting)
    searches = [_open(grid, dataset, options, shelves, setting) for dataset in grid.datasets]
    search = SearchLaunch(grid, setting, options, searches, shelves, console, interrupts)
    on_plan(search.plan)
    search.tell()
    if any(one.unfinished for one in searches):
        plan = _sample(grid, options)
        raise_on_problems(check_locally(plan, setting))
        join(plan)
    return search.run()


def _sample(grid: Grid, options: ExpansionOptions) -> Plan:
    """A point of each dataset: what machines are checked with."""
    rng = random.Random(0)
    cells: list[Cell] = []
    for dataset in grid.datasets:
        cells += point_cells(grid, dataset, space_of(grid, dataset).sample(rng), options)
    return plan_from_cells(grid.title, "", cells)


def _open(
    grid: Grid,
    dataset: DatasetEntry,
    options: ExpansionOptions,
    shelves: StoredResults,
    setting: Settings,
) -> DatasetSearch:
    from search_spaces.samplers import SearchMismatch

    journal = journal_of(setting.store, grid, dataset, options)
    try:
        return DatasetSearch(grid, dataset, options, shelves, journal)
    except SearchMismatch as changed:
        raise UsageError(
            f"{grid.origin.file}: the search was begun with another space ({changed}). Give the "
            f"grid another `name`, or delete {journal} to begin anew: what was trained is reused."
        ) from None
    except ValueError as error:
        raise UsageError(f"{grid.origin.file}: search: {error}") from None


class SearchLaunch(LaunchRound):
    """One launch of a search, from its first question to its outcome."""

    def __init__(
        self,
        grid: Grid,
        setting: Settings,
        options: ExpansionOptions,
        searches: list[DatasetSearch],
        shelves: StoredResults,
        console: Console,
        interrupts: Interrupts,
    ) -> None:
        self._identity = search_id(grid, options)
        self._cells: dict[str, Cell] = {}
        self._shelves = shelves
        self._searches = searches
        known = plan_from_cells(grid.title, self._identity, ()).with_progress(shelves.statuses, {})
        super().__init__(grid, setting, known, console, interrupts)
        self._ended = [candidate for search in searches for candidate in search.candidates()]
        for candidate in self._ended:
            self._cells |= {cell.run_id: cell for cell in candidate.reached()}
        for search in searches:
            search.on_end = self._on_end
        self._plan = self._plan_of(self._cells.values())
        self._walk = TrainingQueue(searches, lambda: self._spending.exhausted, self._on_start)
        self._first: Training | None = None
        self._board = SweepProgress(())
        self._published: set[str] = set()

    @property
    def plan(self) -> Plan:
        """What the search has done so far, as a plan."""
        return self._plan

    def tell(self) -> None:
        """How the search begins, or goes on."""
        for line in start_lines(self._grid, self._searches):
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _train(self) -> None:
        for candidate in self._ended:
            self._publish_ended(candidate)
        self._first = self._walk.next()
        if self._first is not None:
            self._train_on_ray(self._board)

    def _num_trainings(self) -> int:
        return len(self._grid.seeds) * sum(1 + search.unproposed for search in self._searches)

    def _jobs_in_budget(self) -> Iterator[Job]:
        """A job for each worker that asks, until the search is over."""
        training = self._first
        while training is not None:
            yield from self._jobs([training])
            training = None if self._interrupts.stop.is_set() else self._walk.next()

    def _should_stop(self, event: TrainingEvent) -> bool:
        """Whether a training that could go on is to stop where it is."""
        scores = {event.iteration: event.scores} if event.records else {}
        return self._walk.add_scores(event.training_id, scores)

    def _handle_event(self, event: TrainingEvent) -> None:
        super()._handle_event(event)
        if event.kind == "finished":
            scores = {event.iteration: event.scores} if event.records else {}
            self._walk.add_scores(event.training_id, scores, finished=True)
        elif event.kind in ("diverged", "failed"):
            self._walk.give_up(event.training_id, event.kind, event.reason)

    def _on_start(self, candidate: Candidate) -> None:
        for training in candidate.trainings:
            self._trainings[training.training_id] = training
            self._board.add(training)
            self._publish_once(training)

    def _on_end(self, candidate: Candidate) -> None:
        """A point that is over enters the plan, and the plan goes to MLflow."""
        for training in candidate.trainings:
            self._publish_once(training)
        self._cells |= {cell.run_id: cell for cell in candidate.reached()}
        self._plan = self._plan_of(self._cells.values())
        text = json.dumps(self._plan.to_json(), indent=1)
        parent = self._parent
        assert parent is not None
        self._publisher.put(lambda writer: attach_text(writer, parent, layout.PLAN, text))

    def _publish_ended(self, candidate: Candidate) -> None:
        """Sends what MLflow lacks of a point that a launch ended before it was killed."""
        for training in candidate.trainings:
            self._trainings[training.training_id] = training
            self._publish_once(training)
            known = self._shelves.statuses.keys() >= set(training.run_ids)
            if candidate.end in ("diverged", "failed") and not known:
                ended = TrainingEvent(training.training_id, candidate.end, reason=candidate.reason)
                self._publish_failure(training, ended)

    def _publish_once(self, training: Training) -> None:
        """Sends what the store has recorded and MLflow lacks."""
        if training.training_id not in self._published:
            self._published.add(training.training_id)
            self._publish_records(training, training.to_publish)

    def _plan_of(self, cells: Iterable[Cell]) -> Plan:
        plan = plan_from_cells(self._grid.title, self._identity, cells)
        return plan.with_progress(self._shelves.statuses, {})

    def _outcome(self) -> Outcome:
        """As it is asked for while the publisher ends, and once more after."""
        outcome = super()._outcome()
        notes, missing, succeeded = end_summary(
            self._grid, self._searches, self._walk, bool(outcome.interrupted)
        )
        return replace(
            outcome,
            num_left=outcome.num_left + missing,
            diverged={} if succeeded else outcome.diverged,
            notes=(*outcome.notes, *notes),
        )

    def _notes(self, left: int) -> tuple[str, ...]:
        return ()
