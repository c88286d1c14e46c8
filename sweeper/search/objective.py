"""What a search optimises: one metric, or several that conflict."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sweeper.grid import Grid
from sweeper.search.space import directions_of
from sweeper.tracking import layout

Scores = Mapping[str, float]


@dataclass(frozen=True)
class Objective:
    """metrics: as the grid names them.  directions: 'max' or 'min' for each."""

    metrics: tuple[str, ...]
    directions: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The metrics as records and MLflow name them."""
        return tuple(map(layout.metric_key, self.metrics))

    @property
    def single(self) -> bool:
        return len(self.metrics) == 1

    def mean(self, scores: Iterable[Scores]) -> tuple[float, ...] | None:
        """Each metric's mean over seeds; None where one is missing or not finite."""
        rows = [[row.get(key, math.nan) for key in self.keys] for row in scores]
        means = tuple(sum(column) / len(column) for column in zip(*rows, strict=True))
        return means if means and all(map(math.isfinite, means)) else None

    def best(self, values: Iterable[tuple[float, ...]]) -> tuple[float, ...]:
        """The best of several values of a single metric."""
        assert self.single, "several metrics have no best value"
        return max(values) if self.directions[0] == "max" else min(values)


def objective_of(grid: Grid) -> Objective:
    """The grid's `search.directions`, or else the metric it selects by."""
    directions = directions_of(grid)
    return Objective(tuple(directions), tuple(directions.values()))
