"""How the winner changes with the measure that selects it, and how far measures agree.

For each dataset: the best configuration by each measure, the order of the models by each, and the
rank correlations (Spearman, Kendall) of each pair of measures over the finished runs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sweeper.analysis.pool import collect_cells
from sweeper.analysis.scores import Score, known_score
from sweeper.analysis.selection import Winner, best_configuration
from sweeper.analysis.study import Study, read_study
from sweeper.tracking import layout

if TYPE_CHECKING:
    import pandas as pd


DEFAULT = ("cbd", "mig", "factor_vae")


FEWEST = 3  # runs that a rank correlation needs


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
    """Every standing and agreement, by dataset and in the order of the measures asked for."""

    measures: tuple[Score, ...]
    standings: tuple[Ranking, ...]
    agreements: tuple[Agreement, ...]


def compare(
    source: Study | str | None = None,
    *,
    by: Sequence[str] = DEFAULT,
    dataset: str | None = None,
    grid: str | None = None,
) -> MeasureComparison:
    """Raises UsageError for an unknown measure, ResultsError for a grid never launched."""
    study = source if isinstance(source, Study) else read_study(source)
    cells = collect_cells(study, None if grid is None else [grid]).cells
    measures = tuple(known_score(name, cells.columns) for name in by)
    standings, agreements = [], []
    for name in sorted(set(cells.dataset) if dataset is None else {dataset}):
        here = cells[cells.dataset == name]
        standings += [_standing(name, here, measure) for measure in measures]
        runs = here[here.status == layout.FINISHED].drop_duplicates("run_id")
        agreements += [
            _agreement(name, runs, first, second)
            for place, first in enumerate(measures)
            for second in measures[place + 1 :]
        ]
    return MeasureComparison(measures, tuple(standings), tuple(agreements))


def _standing(dataset: str, cells: "pd.DataFrame", measure: Score) -> Ranking:
    groups = cells.groupby("label", sort=True)
    winners = [best_configuration(group.to_dict("records"), measure) for _, group in groups]
    found = [winner for winner in winners if winner is not None]
    sign = 1 if measure.lower_is_better else -1
    found.sort(key=lambda winner: (sign * winner.value, str(winner.first["label"])))
    return Ranking(dataset, measure, tuple(found))


def _agreement(dataset: str, runs: "pd.DataFrame", first: Score, second: Score) -> Agreement:
    import numpy as np

    known = [name for name in (first.column, second.column) if name in runs]
    pair = runs[known].to_numpy(float)
    pair = pair[np.isfinite(pair).all(axis=1)]
    if len(known) < 2 or len(pair) < FEWEST or not (np.ptp(pair, axis=0) > 0).all():
        n = len(pair) if len(known) == 2 else 0
        return Agreement(dataset, first.name, second.name, math.nan, math.nan, n)
    from scipy.stats import kendalltau, spearmanr

    spearman = float(spearmanr(pair[:, 0], pair[:, 1]).statistic)
    kendall = float(kendalltau(pair[:, 0], pair[:, 1]).statistic)
    return Agreement(dataset, first.name, second.name, spearman, kendall, len(pair))


def settings_text(winner: Winner) -> str:
    """'b64 lr1e-04 it300000 beta=4': what tells a configuration from its neighbours."""
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
                "dataset": standing.dataset,
                "by": standing.by.name,
                "order": [
                    {
                        "model": winner.first["label"],
                        "score": winner.value,
                        "settings": settings_text(winner),
                        "run_ids": [run["run_id"] for run in winner.runs],
                    }
                    for winner in standing.winners
                ],
            }
            for standing in found.standings
        ],
        "agreements": [vars(one) for one in found.agreements],
    }
