"""The state of a confirmation: scores of fresh seeds, races, what is to be trained next."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sweeper.analysis.population import Population
from sweeper.analysis.rule import SelectionRule
from sweeper.analysis.selection import is_candidate, number
from sweeper.analysis.study import row_of_run
from sweeper.confirm.arms import Arm, arms_of, by_dataset, first_fresh_seed, models_of
from sweeper.confirm.race import Race, RaceRules, race
from sweeper.planning.cells import Cell
from sweeper.planning.plan import Plan
from sweeper.tracking import layout
from sweeper.tracking.reading.stored_run import StoredRun


@dataclass(frozen=True)
class ConfirmOptions:
    """rivals: of each winner.  max_trainings: on fresh seeds, all together; None for no limit."""

    rivals: int = 2
    race: RaceRules = RaceRules()
    max_trainings: int | None = None


@dataclass(frozen=True)
class Confirmation:
    """arms: in the order of the grid.  seeds: the fresh seeds that may be used.  scores: of each
    arm, by number of the seed.  races: by dataset and source.  mark: of the grid's runs."""

    grid: str
    rule: SelectionRule
    arms: tuple[Arm, ...]
    seeds: tuple[int, ...]
    sharing: bool
    scores: Mapping[str, Mapping[int, float]]
    races: Mapping[tuple[str, str], Race]
    options: ConfirmOptions
    mark: str = ""

    def cells(self, *, most: bool = False) -> list[Cell]:
        """The runs that are wanted by now, less the newest round where that is over
        `max_trainings`; most: those of every configuration on every seed."""
        if not most and self.is_over_budget:
            return self._cells(lambda arm: len(self.scores[arm.name]))
        return self._cells(lambda arm: len(self.seeds) if most else self._wanted(arm))

    @property
    def is_over_budget(self) -> bool:
        """Whether what is wanted by now is more than `max_trainings`."""
        most = self.options.max_trainings
        wanted = self._cells(self._wanted)
        return most is not None and len({cell.training_id for cell in wanted}) > most

    @property
    def is_waiting(self) -> bool:
        """Whether wanted runs have not ended."""
        return any(one.is_waiting for one in self.races.values())

    @property
    def is_settled(self) -> bool:
        return all(one.is_settled for one in self.races.values())

    def values(self, arm: Arm) -> list[float]:
        """The arm's scores on fresh seeds, without seeds that ended without one."""
        known = self.scores.get(arm.name, {})
        return [value for _, value in sorted(known.items()) if math.isfinite(value)]

    def num_without_score(self, arm: Arm) -> int:
        """Fresh seeds that diverged, failed or collapsed."""
        return sum(math.isnan(value) for value in self.scores.get(arm.name, {}).values())

    def _cells(self, count: Callable[[Arm], int]) -> list[Cell]:
        return [
            arm.fresh_cell(seed, sharing=self.sharing)
            for arm in self.arms
            for seed in self.seeds[: count(arm)]
        ]

    def _wanted(self, arm: Arm) -> int:
        return self.races[arm.dataset, arm.cell.config.source].wanted[arm.name]


def confirmation_of(
    population: Population,
    plan: Plan,
    stored: Mapping[str, StoredRun],
    options: ConfirmOptions,
    *,
    sharing: bool,
) -> Confirmation:
    """The state by what MLflow holds. plan: of the grid.  stored: every stored run, by run id.

    Raises ResultsError while runs of the grid are missing, UsageError."""
    rule = population.rule
    arms = tuple(arms_of(population, plan, rule, options.rivals))
    first = first_fresh_seed(plan)
    seeds = tuple(range(first, first + options.race.looks[-1]))
    scores = {arm.name: _scores(arm, seeds, stored, rule, sharing) for arm in arms}
    races = {
        key: race(models_of(group), scores, options.race, lower_is_better=rule.by.lower_is_better)
        for key, group in by_dataset(arms).items()
    }
    mark = population.mark(population.cells)
    return Confirmation(population.grid, rule, arms, seeds, sharing, scores, races, options, mark)


def _scores(
    arm: Arm,
    seeds: Sequence[int],
    stored: Mapping[str, StoredRun],
    rule: SelectionRule,
    sharing: bool,
) -> dict[int, float]:
    """By number of the seed; NaN for a run that ended without a score that counts."""
    found = {}
    for place, seed in enumerate(seeds):
        run = stored.get(arm.fresh_cell(seed, sharing=sharing).run_id)
        row = row_of_run(run) if run is not None else None
        if row is not None and row["status"] in layout.STATUSES:
            found[place] = number(row, rule.by.column) if is_candidate(row, rule) else math.nan
    return found
