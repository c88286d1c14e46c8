"""Figures 5.4 to 5.6: Pearson correlation among measures over the finished runs. M measures.

No p-values: milestones of one training are not independent samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sweeper.analysis.population import Population
from sweeper.analysis.scores import score
from sweeper.analysis.selection import number
from sweeper.errors import ResultsError
from sweeper.plotting import heatmap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ALL = (
    *("cbd", "beta_vae", "factor_vae", "explicitness", "irs", "mig", "mig_sup", "modularity"),
    "sap",
)
COMPACTNESS = ("cbd_compactness", "cbd", "mig", "sap")
MODULARITY = ("cbd_modularity", "cbd", "beta_vae", "factor_vae", "mig_sup", "modularity")
PROTOCOL = "thesis"
MIN_RUNS = 3  # that a correlation needs


@dataclass(frozen=True)
class Correlations:
    """r_MM: correlations, NaN where too few runs have both.  n_MM: runs that have both."""

    measures: tuple[str, ...]
    r_MM: np.ndarray
    n_MM: np.ndarray
    notes: tuple[str, ...]
    mark: str = ""

    def rows(self) -> tuple[Sequence[str], list[Sequence[object]]]:
        names = self.measures
        return ("first", "second", "r", "runs"), [
            (names[i], names[j], float(self.r_MM[i, j]), int(n))
            for (i, j), n in np.ndenumerate(self.n_MM)
        ]


def compute_correlations(population: Population, measures: Sequence[str]) -> Correlations:
    """Over every finished run of one protocol. Raises ResultsError for fewer than three runs."""
    runs = population.finished
    protocols = sorted({run["protocol"] for run in runs})
    if len(protocols) > 1:
        kept = PROTOCOL if PROTOCOL in protocols else protocols[0]
        runs = [run for run in runs if run["protocol"] == kept]
    known = tuple(name for name in measures if score(name).column in population.columns)
    lacking = [name for name in measures if name not in known]
    if len(known) < 2 or len(runs) < MIN_RUNS:
        raise ResultsError(
            f"{population.grid} has {len(runs)} finished runs with {len(known)} of the measures "
            f"{', '.join(measures)}; at least {MIN_RUNS} runs and 2 measures are needed"
        )
    columns = [score(name).column for name in known]
    r_MM, n_MM = pairwise(np.array([[number(run, name) for name in columns] for run in runs]))
    datasets = ", ".join(sorted({run["dataset"] for run in runs}))
    notes = [f"{len(runs)} finished runs on {datasets}."]
    notes += [f"Not scored: {', '.join(lacking)}."] if lacking else []
    mark = population.mark(runs)
    return Correlations(known, r_MM, n_MM, (*notes, *population.notes), mark)


def pairwise(values_NM: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """r_MM and n_MM of each pair of columns, over the rows where both are finite."""
    count = values_NM.shape[1]
    r_MM, n_MM = np.full((count, count), np.nan), np.zeros((count, count), dtype=int)
    for i in range(count):
        for j in range(count):
            pair = values_NM[:, [i, j]]
            pair = pair[np.isfinite(pair).all(axis=1)]
            n_MM[i, j] = len(pair)
            if len(pair) >= MIN_RUNS and (np.ptp(pair, axis=0) > 0).all():
                r_MM[i, j] = np.corrcoef(pair, rowvar=False)[0, 1]
    return r_MM, n_MM


def draw_correlations(data: Correlations) -> "Figure":
    names = [score(name).title for name in data.measures]
    return heatmap.matrices_figure(
        [data.r_MM], [names], [names], [""], "Pearson correlation", signed=True
    )
