"""Tuning curves of the models of a grid: is one better, or was it tuned more?"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sweeper.analysis.population import Population
from sweeper.analysis.rule import SelectionRule
from sweeper.analysis.scores import Score
from sweeper.analysis.selection import counted_milestones, is_candidate, number
from sweeper.analysis.statistics.tuning import TuningCurve, tuning_curve
from sweeper.analysis.study import RunRow
from sweeper.errors import ResultsError, UsageError


@dataclass(frozen=True)
class TunedModel:
    """A model on a dataset. trainings: finished, with a score."""

    dataset: str
    model: str
    trainings: int
    curve: TuningCurve

    def at(self, budget: int) -> tuple[float, float, float]:
        """Median best score of so many trainings, and the ends of its band."""
        parts = (self.curve.best_N, self.curve.low_N, self.curve.high_N)
        best, low, high = (float(part[budget - 1]) for part in parts)
        return best, low, high


@dataclass(frozen=True)
class TunedModels:
    """Curves by dataset; models best first at the dataset's equal budget."""

    by: Score
    models: tuple[TunedModel, ...]
    notes: tuple[str, ...] = ()
    mark: str = ""

    def budget(self, dataset: str) -> int:
        """The number of trainings that every model of a dataset has."""
        return min(one.trainings for one in self.models if one.dataset == dataset)

    def rows(self) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
        """Every curve, for a CSV."""
        header = ("dataset", "model", "trainings", f"median_best_{self.by.name}", "low", "high")
        return header, [
            (one.dataset, one.model, n, *one.at(n))
            for one in self.models
            for n in range(1, one.trainings + 1)
        ]


def tune_models(population: Population, rule: SelectionRule | None = None) -> TunedModels:
    """By the grid's own rule. Raises ResultsError where no run has its score, UsageError for a
    score that compares seeds."""
    rule = rule or population.rule.with_score(None, population.columns)
    if rule.by.needs_seeds:
        raise UsageError(f"{rule.by.name} compares seeds: no training has it alone")
    groups: dict[tuple[str, str], list[RunRow]] = {}
    for cell in population.cells:
        groups.setdefault((cell["dataset"], cell["label"]), []).append(cell)
    found = []
    for (dataset, label), cells in groups.items():
        values = training_scores(cells, rule)
        if values:
            curve = tuning_curve(np.array(values), lower_is_better=rule.by.lower_is_better)
            found.append(TunedModel(dataset, label, len(values), curve))
    if not found:
        raise ResultsError(f"no finished run with {rule.by.name} in {population.grid}")
    least = {one.dataset: 10**9 for one in found}
    for one in found:
        least[one.dataset] = min(least[one.dataset], one.trainings)
    sign = 1 if rule.by.lower_is_better else -1
    found.sort(key=lambda one: (one.dataset, sign * one.at(least[one.dataset])[0], one.model))
    notes = (
        "Median best of n trainings drawn without replacement, with 95% bands that hold for all n "
        "together.",
        *population.notes,
    )
    return TunedModels(rule.by, tuple(found), notes, population.mark(population.cells))


def training_scores(cells: Iterable[RunRow], rule: SelectionRule) -> list[float]:
    """The score of each training's counted milestone; of several, the best."""
    best = min if rule.by.lower_is_better else max
    found: dict[str, list[float]] = {}
    for cell in counted_milestones(cells, rule):
        if is_candidate(cell, rule):
            found.setdefault(cell["training_id"], []).append(number(cell, rule.by.column))
    return [best(values) for values in found.values()]


def tuned_json(found: TunedModels) -> list[dict[str, Any]]:
    """Each model at the equal budget and with all of its trainings, as plain JSON values."""
    rows = []
    for one in found.models:
        budget = found.budget(one.dataset)
        names = ("median_best", "low", "high")
        rows.append(
            {
                "dataset": one.dataset,
                "model": one.model,
                "trainings": one.trainings,
                "equal_budget": budget,
                **dict(zip(names, one.at(budget), strict=True)),
            }
        )
    return rows
