"""Figures 5.4 to 5.6: Pearson correlation among measures over all stored runs. M measures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sweeper.analysis.scores import score
from sweeper.analysis.study import Study
from sweeper.errors import ResultsError
from sweeper.plotting import heatmap
from sweeper.tracking import layout

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ALL = (
    *("cbd", "beta_vae", "factor_vae", "explicitness", "irs", "mig", "mig_sup", "modularity"),
    "sap",
)
COMPACTNESS = ("cbd_compactness", "cbd", "mig", "sap")
MODULARITY = ("cbd_modularity", "cbd", "beta_vae", "factor_vae", "mig_sup", "modularity")
PROTOCOL = "thesis"
FEWEST = 3  # runs that a correlation needs


@dataclass(frozen=True)
class Correlations:
    """r_MM: correlations; p_MM: two-sided p-values; n_MM: runs that have both. NaN: too few."""

    measures: tuple[str, ...]
    r_MM: np.ndarray
    p_MM: np.ndarray
    n_MM: np.ndarray
    notes: tuple[str, ...]

    def rows(self) -> tuple[Sequence[str], list[Sequence[object]]]:
        names = self.measures
        return ("first", "second", "r", "p", "runs"), [
            (names[i], names[j], float(self.r_MM[i, j]), float(self.p_MM[i, j]), int(n))
            for (i, j), n in np.ndenumerate(self.n_MM)
        ]


def compute_correlations(study: Study, measures: Sequence[str]) -> Correlations:
    """Over every finished run of one protocol. Raises ResultsError for fewer than three runs."""
    runs = study.runs[study.runs.status == layout.FINISHED]
    protocols = sorted(runs.protocol.dropna().unique())
    if len(protocols) > 1:
        kept = PROTOCOL if PROTOCOL in protocols else protocols[0]
        runs = runs[runs.protocol == kept]
    known = tuple(name for name in measures if score(name).column in runs)
    lacking = [name for name in measures if name not in known]
    if len(known) < 2 or len(runs) < FEWEST:
        raise ResultsError(
            f"{study.place} holds {len(runs)} finished runs with {len(known)} of the measures "
            f"{', '.join(measures)}; at least {FEWEST} runs and 2 measures are needed"
        )
    values = runs[[score(name).column for name in known]].to_numpy(float)
    r_MM, p_MM, n_MM = pairwise(values)
    notes = [f"{len(runs)} finished runs on {', '.join(sorted(runs.dataset.unique()))}."]
    notes += [f"Not scored: {', '.join(lacking)}."] if lacking else []
    return Correlations(known, r_MM, p_MM, n_MM, tuple(notes))


def pairwise(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """r, p and n of each pair of columns, over the rows where both are finite."""
    from scipy.stats import pearsonr

    count = values.shape[1]
    r_MM, p_MM = np.full((count, count), np.nan), np.full((count, count), np.nan)
    n_MM = np.zeros((count, count), dtype=int)
    for i in range(count):
        for j in range(count):
            pair = values[:, [i, j]]
            pair = pair[np.isfinite(pair).all(axis=1)]
            n_MM[i, j] = len(pair)
            if len(pair) >= FEWEST and (np.ptp(pair, axis=0) > 0).all():
                r_MM[i, j], p_MM[i, j] = pearsonr(pair[:, 0], pair[:, 1])
    return r_MM, p_MM, n_MM


def draw_correlations(data: Correlations) -> "Figure":
    names = [score(name).title for name in data.measures]
    return heatmap.matrices_figure([data.r_MM], [names], [names], [""], signed=True)
