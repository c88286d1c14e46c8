"""How the winner changes with the measure that selects it, and how far measures agree.

For each dataset: the best configuration by each measure, the order of the models by each, and the
rank correlations (Spearman, Kendall) of each pair of measures over the finished runs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sweeper.analysis.population import Source, population_from
from sweeper.analysis.rule import SelectionRule
from sweeper.analysis.scores import Score
from sweeper.analysis.selection import Winner, best_configuration, number
from sweeper.analysis.study import RunRow

DEFAULT = ("cbd", "mig", "factor_vae")
MIN_RUNS = 3  # that a rank correlation needs


@dataclass(frozen=True)
class Ranking:
    """A dataset's models by one measure, the best first; models without a score are left out."""

    dataset: str
    by: Score
    winners: tuple[Winner, ...]


@dataclass(frozen=True)
class Agreement:
    """Rank correlations of two measures over the n runs that have both. NaN where too few."""

    dataset: str
    first: str
    second: str
    spearman: float
    kendall: float
    n: int


@dataclass(frozen=True)
class MeasureComparison:
    """Every ranking and agreement, by dataset and in the order of the measures asked for.

    mark: '', 'rehearsal', 'synthetic' or both, of the runs."""

    measures: tuple[Score, ...]
    rankings: tuple[Ranking, ...]
    agreements: tuple[Agreement, ...]
    mark: str = ""
    notes: tuple[str, ...] = ()


def compare(
    source: Source = None,
    *,
    by: Sequence[str] = DEFAULT,
    dataset: str | None = None,
    grid: str | None = None,
) -> MeasureComparison:
    """source: a population; or a study or tracking URI, and the name of a launched grid.

    Raises UsageError for an unknown measure, ResultsError for a grid never launched."""
    population = population_from(source, grid).scored_by(*by)
    rules = [population.rule.with_score(name, population.columns) for name in by]
    names = {row["dataset"] for row in population.cells} if dataset is None else {dataset}
    cells = [cell for cell in population.cells if cell["dataset"] in names]
    rankings, agreements = [], []
    for name in sorted(names):
        here = [cell for cell in cells if cell["dataset"] == name]
        rankings += [_ranking(name, here, rule) for rule in rules]
        runs = [run for run in population.finished if run["dataset"] == name]
        agreements += [
            _agreement(name, runs, first.by, second.by)
            for place, first in enumerate(rules)
            for second in rules[place + 1 :]
        ]
    return MeasureComparison(
        tuple(rule.by for rule in rules),
        tuple(rankings),
        tuple(agreements),
        population.mark(cells),
        population.notes,
    )


def _ranking(dataset: str, cells: Sequence[RunRow], rule: SelectionRule) -> Ranking:
    groups: dict[str, list[RunRow]] = {}
    for cell in cells:
        groups.setdefault(cell["label"], []).append(cell)
    winners = (best_configuration(group, rule) for group in groups.values())
    found = [winner for winner in winners if winner is not None]
    sign = 1 if rule.by.lower_is_better else -1
    found.sort(key=lambda winner: (sign * winner.value, str(winner.first["label"])))
    return Ranking(dataset, rule.by, tuple(found))


def _agreement(dataset: str, runs: Sequence[RunRow], first: Score, second: Score) -> Agreement:
    pairs = [(number(run, first.column), number(run, second.column)) for run in runs]
    pairs = [pair for pair in pairs if all(map(math.isfinite, pair))]
    one, two = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    n = len(pairs)
    if n < MIN_RUNS or len(set(one)) == 1 or len(set(two)) == 1:
        return Agreement(dataset, first.name, second.name, math.nan, math.nan, n)
    from scipy.stats import kendalltau, spearmanr

    spearman, kendall = (float(test(one, two).statistic) for test in (spearmanr, kendalltau))
    return Agreement(dataset, first.name, second.name, spearman, kendall, n)


def settings_text(winner: Winner) -> str:
    """'b64 lr1e-04 it300000 beta=4': the settings that configurations differ in."""
    first = winner.first
    words = [f"b{first['batch_size']}", f"lr{first['learning_rate']:g}", f"it{first['iterations']}"]
    for name in sorted(first):
        value = first[name]
        if name.startswith("param/") and value is not None and value == value:
            text = f"{value:g}" if isinstance(value, float) else str(value)
            words.append(f"{name.removeprefix('param/')}={text}")
    return " ".join(words)


def comparison_json(found: MeasureComparison) -> dict[str, Any]:
    """The comparison as plain JSON values."""
    return {
        "standings": [
            {
                "dataset": ranking.dataset,
                "by": ranking.by.name,
                "order": [
                    {
                        "model": winner.first["label"],
                        "score": winner.value,
                        "settings": settings_text(winner),
                        "run_ids": [run["run_id"] for run in winner.runs],
                    }
                    for winner in ranking.winners
                ],
            }
            for ranking in found.rankings
        ],
        "agreements": [vars(one) for one in found.agreements],
        "population": found.mark or "real",
        "notes": list(found.notes),
    }
