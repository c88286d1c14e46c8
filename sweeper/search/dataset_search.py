"""The search of one dataset: proposed points, their trials, and the pruner.

Optuna proposes a point; its value is reported as soon as its last training ends. Before that, each
milestone is reported, and the pruner may stop the point there. Everything is written to the journal
before it takes effect, so a search that is killed at any moment resumes where it was."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from search_spaces.products import Point
from search_spaces.samplers import Search, Trial, TrialState
from sweeper.grid import Grid
from sweeper.grid.blocks.dataset_entry import DatasetEntry
from sweeper.planning.cells import DEFAULT_OPTIONS, Cell, ExpansionOptions
from sweeper.planning.plan import plan_from_cells
from sweeper.search.candidate import Candidate, EndReason, key_of
from sweeper.search.identity import identity_of, milestones_of
from sweeper.search.known_results import KnownResults, NoResults
from sweeper.search.objective import Objective, Scores, objective_of
from sweeper.search.space import num_points, point_cells, search_of, space_of
from sweeper.search.warm_start import known_points

WARM, REPEAT = "warm", "repeats"  # notes of trials that are no proposals of the search
MAX_REPEATS = 20  # repeated proposals in a row, before a new point is drawn at random
MAX_FIRST_FAILURES = 5  # points that fail before any succeeds, until the search is stopped
MAX_LISTED_POINTS = 10_000  # size up to which the points of a space are enumerated


@dataclass
class DatasetSearch:
    """known_results: results of earlier runs.  journal: the file of the Optuna study.

    on_end: called with each point when it ends.  stop_reason: why no more are proposed, or ''."""

    grid: Grid
    dataset: DatasetEntry
    options: ExpansionOptions = DEFAULT_OPTIONS
    known_results: KnownResults = field(default_factory=NoResults)
    journal: Path | None = None
    on_end: Callable[[Candidate], None] = lambda candidate: None
    stop_reason: str = ""

    def __post_init__(self) -> None:
        search = search_of(self.grid)
        self.objective: Objective = objective_of(self.grid)
        self.space = space_of(self.grid, self.dataset)
        self.optuna_search = Search(
            self.space,
            self.objective.directions,
            search.sampler,
            search.pruner,
            search.seed,
            milestones=milestones_of(self.grid, self.dataset, self.options),
            journal=self.journal,
            identity=identity_of(self.grid, self.dataset, self.options),
        )
        self._by_training: dict[str, Candidate] = {}
        self._known: dict[frozenset[str], int] = {}
        self._failures = self._successes = self.proposed = 0
        for trial in self.optuna_search.trials():
            self._count_past_trial(trial)
        self.num_warm_started = self._warm_start()
        self.open = [
            trial for trial in self.optuna_search.trials() if trial.state == TrialState.OPEN
        ]

    def next(self) -> Candidate | None:
        """The next point that has something to train; None when there are no more."""
        while self.open:
            trial = self.open.pop(0)
            candidate = self._candidate(trial.number, trial.point)
            candidate.reported.update(trial.reported)
            if not self._settle_if_known(candidate):
                return candidate
        while self.proposed < num_points(self.grid) and not self.stop_reason:
            new = self._ask()
            if new is not None and not self._settle_if_known(new):
                return new
        return None

    def add_scores(self, training_id: str, iteration: int, scores: Scores) -> bool:
        """Takes in a milestone's scores. Returns whether the training is to stop here."""
        candidate = self._by_training[training_id]
        candidate.add_scores(training_id, {iteration: scores})
        return self._report_and_prune(candidate)

    def is_to_stop(self, training_id: str) -> bool:
        """Whether the training's point has been stopped."""
        return bool(self._by_training[training_id].end)

    def end(self, training_id: str, end: EndReason = "", reason: str = "") -> None:
        """A training has ended: at its last milestone, or before, for the reason `end`."""
        candidate = self._by_training[training_id]
        if end and not candidate.end:
            candidate.end, candidate.reason = end, reason
        candidate.ended.add(training_id)
        if len(candidate.ended) == len(candidate.trainings):
            self._finish_trial(candidate)

    @property
    def unproposed(self) -> int:
        """How many of the requested points are not proposed yet."""
        return max(0, num_points(self.grid) - self.proposed)

    @property
    def unfinished(self) -> bool:
        """Whether a point is open or not proposed yet."""
        return bool(self.unproposed or self.open)

    def candidates(self) -> Iterator[Candidate]:
        """The points that have ended, with the scores that are still stored."""
        for trial in self.optuna_search.trials():
            if trial.state != TrialState.OPEN and not {WARM, REPEAT} & set(trial.notes):
                candidate = self._candidate(trial.number, trial.point)
                candidate.end = trial.notes.get("end", "")
                candidate.reason = trial.notes.get("reason", "")
                yield candidate

    def _ask(self) -> Candidate | None:
        """A new point; None where there is none. A repeated point is discarded: reporting it twice
        would bias the sampler and the pruner."""
        for _ in range(MAX_REPEATS):
            number, point = self.optuna_search.ask()
            earlier = self._known.get(self._key(point))
            if earlier is None:
                return self._new(number, point)
            self.optuna_search.annotate(number, **{REPEAT: earlier})
            self.optuna_search.tell(number, None)
        untried = self._untried()
        if untried is None:
            self.stop_reason = "every point of the space has been tried"
            return None
        return self._new(*self.optuna_search.ask(untried))

    def _new(self, number: int, point: Point) -> Candidate:
        self._known[self._key(point)] = number
        self.proposed += 1
        return self._candidate(number, point)

    def _untried(self) -> Point | None:
        """A random point that was not proposed, or None if there is none."""
        rng = random.Random(f"{self.optuna_search.seed} {self.proposed}")
        size = self.space.size()
        if size is not None and size <= MAX_LISTED_POINTS:
            points = list(self.space.points())
            rng.shuffle(points)
        else:
            points = [self.space.sample(rng) for _ in range(MAX_LISTED_POINTS // 10)]
        return next((point for point in points if self._key(point) not in self._known), None)

    def _candidate(self, number: int, point: Point) -> Candidate:
        cells = self._cells(point)
        plan = self.known_results.with_progress(plan_from_cells(self.grid.title, "", cells))
        candidate = Candidate(number, point, cells, plan.trainings)
        for training in candidate.trainings:
            candidate.add_scores(training.training_id, self.known_results.scores(training))
        return candidate

    def _settle_if_known(self, candidate: Candidate) -> bool:
        """Reports what is known of a point, and ends its trial if nothing is left to train."""
        for training in candidate.trainings:
            self._by_training[training.training_id] = candidate
        for training in candidate.trainings:
            if not training.todo:
                candidate.ended.add(training.training_id)
        if self._report_and_prune(candidate):
            candidate.ended.update(training.training_id for training in candidate.trainings)
        if len(candidate.ended) < len(candidate.trainings):
            return False
        self._finish_trial(candidate)
        return True

    def _report_and_prune(self, candidate: Candidate) -> bool:
        """Reports milestones that every seed has reached. Returns whether the point is to stop."""
        if not self.objective.single:
            return bool(candidate.end)
        for milestone in candidate.milestones:
            values = candidate.value_at(milestone, self.objective)
            if values is None or milestone in candidate.reported or candidate.end:
                continue
            candidate.reported.add(milestone)
            poor = self.optuna_search.report(candidate.number, milestone, values[0])
            if poor and milestone != candidate.milestones[-1]:
                candidate.end = "pruned"
                candidate.reason = f"poor at {milestone} iterations"
        return bool(candidate.end)

    def _finish_trial(self, candidate: Candidate) -> None:
        """Ends the point's trial with its value."""
        values = None
        if not candidate.end:
            for training in candidate.trainings:
                if not set(training.config.milestones) <= set(
                    candidate.scores[training.training_id]
                ):
                    candidate.add_scores(training.training_id, self.known_results.scores(training))
            self._report_and_prune(candidate)
            values = candidate.values(self.objective)
            if values is None:
                names = " and ".join(self.objective.metrics)
                candidate.end, candidate.reason = "failed", f"no milestone reports {names}"
        if candidate.end:
            self.optuna_search.annotate(
                candidate.number, end=candidate.end, reason=candidate.reason
            )
        # A point that diverges is a poor one; of one that failed on a machine nothing is known.
        early = candidate.end in ("pruned", "diverged") or (
            candidate.end == "budget" and bool(candidate.reported)
        )
        early = early and self.objective.single
        self.optuna_search.tell(candidate.number, values, pruned=early)
        self._count(candidate.end)
        for training in candidate.trainings:
            self._by_training.pop(training.training_id, None)
        self.on_end(candidate)

    def _count(self, end: str) -> None:
        self._failures += end in ("failed", "diverged")
        self._successes += end not in ("failed", "diverged")
        if self._failures == MAX_FIRST_FAILURES and not self._successes:
            self.stop_reason = f"the first {self._failures} points failed, and none succeeded"

    def _count_past_trial(self, trial: Trial) -> None:
        """Counts a trial of the journal."""
        if REPEAT in trial.notes:
            return
        if trial.state != TrialState.FAILED:
            self._known.setdefault(self._key(trial.point), trial.number)
        if WARM not in trial.notes:
            self.proposed += 1

    def _warm_start(self) -> int:
        """Adds the points of the space that MLflow has finished. Returns their number."""
        new = 0
        for found in known_points(
            self.grid, self.dataset, self.options, self.known_results.results
        ):
            values = found.values(self.objective)
            if found.key in self._known or values is None:
                continue
            reported = {}
            if self.objective.single:
                at = {m: found.value_at(m, self.objective) for m in found.milestones}
                reported = {m: values[0] for m, values in at.items() if values is not None}
            self._known[found.key] = self.optuna_search.add_finished(
                found.point, values, reported, **{WARM: True}
            )
            new += 1
        return new

    def _cells(self, point: Point) -> tuple[Cell, ...]:
        return tuple(point_cells(self.grid, self.dataset, point, self.options))

    def _key(self, point: Point) -> frozenset[str]:
        return key_of(self._cells(point))
