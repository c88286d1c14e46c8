"""Runs of which no other is better in everything: the Pareto front of a launched grid.

A configuration is at the mean of its seeds; each milestone is a configuration of its own. Fronts
are per dataset, since scores on different data are not comparable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sweeper.analysis.comparison import settings_text
from sweeper.analysis.population import Source, population_from
from sweeper.analysis.rule import SelectionRule
from sweeper.analysis.scores import Score
from sweeper.analysis.selection import Winner, ranked
from sweeper.analysis.study import RunRow
from sweeper.errors import ResultsError, UsageError

if TYPE_CHECKING:
    import numpy as np


DEFAULT = {"cbd": "max", "reconstruction": "min"}


@dataclass(frozen=True)
class FrontPoint:
    """One configuration. values: as `Front.metrics`.  on_front: no other is better in all."""

    dataset: str
    label: str
    settings_text: str
    values: tuple[float, ...]
    seeds: int
    run_ids: tuple[str, ...]
    on_front: bool


@dataclass(frozen=True)
class Front:
    """places: by dataset, then by the first metric, the best first.

    mark: '', 'rehearsal', 'synthetic' or both, of the runs."""

    grid: str
    metrics: tuple[Score, ...]
    directions: tuple[str, ...]
    places: tuple[FrontPoint, ...]
    notes: tuple[str, ...]
    mark: str = ""

    def rows(self) -> tuple[Sequence[str], list[Sequence[object]]]:
        """Header and rows of a CSV: every configuration, and whether it is on the front."""
        names = [metric.name for metric in self.metrics]
        header = (
            "dataset",
            "model",
            "settings",
            *names,
            "seeds",
            "on_front",
            "run_ids",
            "population",
        )
        return header, [
            (
                p.dataset,
                p.label,
                p.settings_text,
                *p.values,
                p.seeds,
                int(p.on_front),
                " ".join(p.run_ids),
                self.mark or "real",
            )
            for p in self.places
        ]

    @property
    def best(self) -> list[FrontPoint]:
        """The places on the front."""
        return [place for place in self.places if place.on_front]


def non_dominated(values_NM: "np.ndarray", directions: Sequence[str]) -> "np.ndarray":
    """(N,) whether no other row is at least as good in every column and better in one.

    values_NM: N points, M finite metrics.  directions: 'max' or 'min' for each metric."""
    import numpy as np

    signs_M = np.array([1.0 if direction == "max" else -1.0 for direction in directions])
    gains_NM = values_NM * signs_M
    kept_N = np.ones(len(gains_NM), bool)
    for index, gain_M in enumerate(gains_NM):
        as_good_N = (gains_NM >= gain_M).all(axis=1)
        kept_N[index] = not (as_good_N & (gains_NM > gain_M).any(axis=1)).any()
    return kept_N


def front(
    grid: str | None, directions: Mapping[str, str] | None = None, source: Source = None
) -> Front:
    """The front of a launched grid, or of a population that is given as the source.

    directions: {score: 'max' or 'min'}, two or more; None takes those of its search.
    Raises UsageError for an unknown score, ResultsError where no finished run has them all."""
    population = population_from(source, grid)
    searched = population.text.directions
    wanted = dict(directions or (searched if len(searched) > 1 else DEFAULT))
    if len(wanted) < 2:
        raise UsageError(f"a front needs two metrics; {', '.join(wanted)} is one")
    population = population.scored_by(*wanted)
    rules = [population.rule.with_score(name, population.columns) for name in wanted]
    metrics = tuple(rule.by for rule in rules)
    places: list[FrontPoint] = []
    for dataset in sorted({cell["dataset"] for cell in population.cells}):
        places += _places(population.where(dataset=dataset), rules, tuple(wanted.values()))
    if not places:
        names = " and ".join(metric.name for metric in metrics)
        raise ResultsError(f"no finished run of {population.grid} has {names}")
    count = f"{sum(place.on_front for place in places)} of {len(places)} configurations"
    notes = (f"{count} are on the front: no other is better in everything.", *population.notes)
    shown = {run_id for place in places for run_id in place.run_ids}
    mark = population.mark(row for row in population.rows if row["run_id"] in shown)
    return Front(population.grid, metrics, tuple(wanted.values()), tuple(places), notes, mark)


def _places(
    cells: Sequence[RunRow], rules: Sequence[SelectionRule], directions: tuple[str, ...]
) -> list[FrontPoint]:
    """The configurations of one dataset, best first by the first metric."""
    import numpy as np

    found: list[tuple[Winner, tuple[float, ...]]] = []
    for label in sorted({cell["label"] for cell in cells}):
        for winner in ranked([cell for cell in cells if cell["label"] == label], rules[0]):
            values = tuple(winner.mean(rule.by.column) for rule in rules)
            if np.isfinite(values).all():
                found.append((winner, values))
    if not found:
        return []
    kept_N = non_dominated(np.array([values for _, values in found]), directions)
    sign = -1 if directions[0] == "max" else 1
    places = [
        FrontPoint(
            str(winner.first["dataset"]),
            str(winner.first["label"]),
            settings_text(winner),
            values,
            len(winner.runs),
            tuple(run["run_id"] for run in winner.runs),
            bool(kept),
        )
        for (winner, values), kept in zip(found, kept_N, strict=True)
    ]
    return sorted(places, key=lambda place: (sign * place.values[0], place.run_ids))


def front_json(found: Front) -> dict[str, Any]:
    """The front as plain JSON values."""
    names = [metric.name for metric in found.metrics]
    return {
        "grid": found.grid,
        "population": found.mark or "real",
        "notes": list(found.notes),
        "directions": dict(zip(names, found.directions, strict=True)),
        "configurations": len(found.places),
        "front": [
            {
                "dataset": place.dataset,
                "model": place.label,
                "settings": place.settings_text,
                **dict(zip(names, place.values, strict=True)),
                "seeds": place.seeds,
                "run_ids": list(place.run_ids),
            }
            for place in found.best
        ],
    }
