"""Models over all datasets: interquartile mean, probability of improvement, performance profiles.

A model's scores on a dataset are those that a table prints, one for each seed: on held-out seeds
where the grid's rule says so. Pooling needs a measure; losses of two datasets do not mix."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from sweeper.analysis.held_out import held_out, reported_runs
from sweeper.analysis.population import Population
from sweeper.analysis.rule import SelectionRule
from sweeper.analysis.scores import Score
from sweeper.analysis.selection import best_configuration, number
from sweeper.analysis.statistics.aggregate import performance_profile, probability_of_improvement
from sweeper.analysis.statistics.spread import Spread, interquartile_mean
from sweeper.analysis.study import RunRow
from sweeper.errors import ResultsError, UsageError
from sweeper.ids import id_of
from sweeper.tracking import layout

NUM_THRESHOLDS = 101
ByModel = dict[str, dict[str, list[RunRow]]]  # by model and dataset: a run for each seed


@dataclass(frozen=True)
class PooledModels:
    """means: the interquartile mean of each model, best first.  improvements: of each pair in that
    order, how often a run of the first is better.  profiles: (share of runs above each threshold,
    low, high) of each model.  T thresholds."""

    by: Score
    datasets: tuple[str, ...]
    means: tuple[tuple[str, Spread], ...]
    improvements: tuple[tuple[str, str, Spread], ...]
    thresholds_T: np.ndarray
    profiles: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]
    notes: tuple[str, ...] = ()
    mark: str = ""

    def rows(self) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
        """The profiles, for a CSV."""
        header = ("model", self.by.name, "share_above", "low", "high")
        return header, [
            (model, float(tau), *(float(part[place]) for part in parts))
            for model, parts in self.profiles.items()
            for place, tau in enumerate(self.thresholds_T)
        ]


def pool_models(population: Population, rule: SelectionRule | None = None) -> PooledModels:
    """Every model that all datasets have. Raises ResultsError where there is none, UsageError for
    a loss on several datasets and for a score that compares seeds."""
    rule = rule or population.rule.with_score(None, population.columns)
    if rule.by.needs_seeds:
        raise UsageError(f"{rule.by.name} compares seeds, so its values are no sample to pool")
    runs, datasets = model_runs(population, rule)
    if len(datasets) > 1 and not rule.by.column.startswith(layout.MEASURE_PREFIX):
        raise UsageError(f"{rule.by.name} of several datasets cannot be pooled; name a measure")
    whole = {model: own for model, own in runs.items() if own.keys() == set(datasets)}
    if not whole:
        raise ResultsError(f"no model of {population.grid} has a {rule.by.name} on every dataset")
    scores = {model: [_values(own[d], rule) for d in datasets] for model, own in whole.items()}
    seed = int(id_of(sorted(run["run_id"] for run in _every(whole))), 16)
    sign = -1.0 if rule.by.lower_is_better else 1.0
    means = {model: interquartile_mean(own, seed) for model, own in scores.items()}
    order = sorted(means, key=lambda model: (-sign * means[model].mean, model))
    better = {m: [[sign * v for v in own] for own in scores[m]] for m in order}
    pairs = [(a, b) for place, a in enumerate(order) for b in order[place + 1 :]]
    every = [value for own in scores.values() for values in own for value in values]
    thresholds_T = np.linspace(min(every), max(every), NUM_THRESHOLDS)
    left = sorted(set(runs) - set(whole))
    notes = [f"Not on every dataset, and left out: {', '.join(left)}."] if left else []
    return PooledModels(
        rule.by,
        tuple(datasets),
        tuple((model, means[model]) for model in order),
        tuple((a, b, probability_of_improvement(better[a], better[b], seed)) for a, b in pairs),
        thresholds_T,
        {model: performance_profile(scores[model], thresholds_T, seed) for model in order},
        (*notes, *population.notes),
        population.mark(_every(whole)),
    )


def model_runs(population: Population, rule: SelectionRule) -> tuple[ByModel, list[str]]:
    """The runs whose scores stand for each model, and the names of the datasets; a dataset from
    two sources is two."""
    groups: dict[tuple[str, str, str], list[RunRow]] = {}
    sources: dict[str, set[str]] = {}
    for cell in population.cells:
        sources.setdefault(cell["dataset"], set()).add(cell["source"])
        groups.setdefault((cell["label"], cell["dataset"], cell["source"]), []).append(cell)
    found: ByModel = {}
    for (label, dataset, source), cells in groups.items():
        winner = best_configuration(cells, rule)
        read = list(reported_runs(winner, held_out(cells, rule)))
        if read:
            shown = f"{dataset} {source}" if len(sources[dataset]) > 1 else dataset
            found.setdefault(label, {})[shown] = read
    datasets = sorted({dataset for own in found.values() for dataset in own})
    return found, datasets


def pooled_json(found: PooledModels) -> dict[str, Any]:
    """The numbers without the profiles, as plain JSON values."""
    return {
        "by": found.by.name,
        "datasets": list(found.datasets),
        "interquartile_means": {model: vars(mean) for model, mean in found.means},
        "improvements": [
            {"model": a, "other": b, **vars(spread)} for a, b, spread in found.improvements
        ],
    }


def _values(runs: list[RunRow], rule: SelectionRule) -> list[float]:
    return [number(run, rule.by.column) for run in runs]


def _every(runs: ByModel) -> Iterator[RunRow]:
    return (run for own in runs.values() for read in own.values() for run in read)
