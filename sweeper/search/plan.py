"""The plan of a search, before it starts or between its launches.

Which points it will try is not known, so its cost is that of points drawn at random, times their
number: an upper estimate where a pruner stops poor ones early."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from search_spaces.samplers import Trial, TrialState, read_trials
from sweeper.cost.estimate import Cost
from sweeper.cost.text import cost_lines
from sweeper.grid import Grid
from sweeper.messages import counted
from sweeper.planning.plan import Plan, plan_from_cells
from sweeper.planning.settings import Settings, options_of
from sweeper.search.dataset_search import REPEAT, WARM
from sweeper.search.identity import journal_of
from sweeper.search.known_results import read_stored_results
from sweeper.search.space import num_points, point_cells, search_of, search_summary, space_of
from sweeper.search.warm_start import known_points

_SAMPLE = 32  # points drawn for the estimate


@dataclass(frozen=True)
class SearchPlan:
    """upper_bounds: under the names of a plan's numbers.  sample: a plan of points drawn at random;
    multiplier: by which it stands for what is left.  tried: the search's own trials, by dataset.
    known: the number of points of the space that are finished in MLflow, by dataset."""

    grid: str
    upper_bounds: dict[str, int]
    sample: Plan
    multiplier: float
    tried: dict[str, list[Trial]]
    known: dict[str, int]

    @property
    def complete(self) -> bool:
        """Whether every requested point has ended."""
        return not self.multiplier

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "grid": self.grid,
            **self.upper_bounds,
            "search": {
                name: {**Counter(str(one.state) for one in tried), "known": self.known[name]}
                for name, tried in self.tried.items()
            },
        }


def plan_search(grid: Grid, settings: Settings) -> SearchPlan:
    """Raises GridError, UsageError, TrackingError."""
    options = options_of(settings)
    stored = read_stored_results(settings)
    tried, known, cells = {}, {}, []
    rng = random.Random(search_of(grid).seed)
    count = min(num_points(grid), max(1, _SAMPLE // len(grid.datasets)))
    for dataset in grid.datasets:
        every = read_trials(journal_of(settings.store, grid, dataset, options))
        tried[dataset.name] = [one for one in every if not {WARM, REPEAT} & set(one.notes)]
        known[dataset.name] = len(known_points(grid, dataset, options, stored.results))
        space = space_of(grid, dataset)
        for _ in range(count):
            cells += point_cells(grid, dataset, space.sample(rng), options)
    asked = num_points(grid) * len(grid.datasets)
    ended = sum(one.state != TrialState.OPEN for every in tried.values() for one in every)
    left = max(0, asked - ended)
    upper_bounds = search_summary(grid, options)
    upper_bounds["steps_to_run"] = upper_bounds["steps_to_run"] * left // asked
    sample = plan_from_cells(grid.title, "", cells)
    return SearchPlan(
        grid.title, upper_bounds, sample, left / (count * len(grid.datasets)), tried, known
    )


def search_lines(plan: SearchPlan, grid: Grid, cost: Cost) -> Iterator[str]:
    """What is requested at most, how far the search is, and what it costs."""
    asked = search_of(grid)
    yield f"grid {plan.grid}: a search, sampler {asked.sampler}, pruner {asked.pruner}"
    yield (
        f"  requested  at most {counted(plan.upper_bounds['trainings'], 'training')}, "
        f"{counted(plan.upper_bounds['runs'], 'run')}, "
        f"{plan.upper_bounds['steps_asked']:,} steps without sharing"
    )
    for name, tried in plan.tried.items():
        counts = Counter(str(one.state) for one in tried)
        states = ", ".join(f"{count} {state}" for state, count in counts.items()) or "not begun"
        yield f"  {name}: {len(tried)} of {num_points(grid)} points proposed ({states})"
        if plan.known[name]:
            yield f"    points of the space that are finished in MLflow: {plan.known[name]}"
    yield f"  to run     at most {plan.upper_bounds['steps_to_run']:,} steps"
    if not plan.complete:
        yield from cost_lines(cost)
        if asked.pruner != "none":
            yield f"             less what the pruner {asked.pruner} stops early"


def plan_of_proposed(grid: Grid, settings: Settings) -> Plan:
    """The trainings of the points that a search has proposed, and what is left of them."""
    options, stored = options_of(settings), read_stored_results(settings)
    cells = []
    for dataset in grid.datasets:
        for one in read_trials(journal_of(settings.store, grid, dataset, options)):
            if not {WARM, REPEAT} & set(one.notes):
                every = point_cells(grid, dataset, one.point, options)
                cells += [cell for cell in every if _is_asked(one, cell.iterations)]
    return stored.with_progress(plan_from_cells(grid.title, "", cells))


def _is_asked(one: Trial, iterations: int) -> bool:
    """Whether a milestone of a point is still, or was, to be reached."""
    ended_early = one.notes.get("end") in ("pruned", "budget")
    return not ended_early or iterations <= max(one.reported, default=0)
