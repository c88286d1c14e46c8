"""Figures 5.3 and 7.2 to 7.7: the PCC matrix of chosen runs, each latent's sigma beside its row.

L latents, K factors."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sweeper.analysis.pool import collect_cells
from sweeper.analysis.scores import score
from sweeper.analysis.selection import RunRow, best_configuration, number
from sweeper.analysis.study import Study
from sweeper.analysis.two_runs import two_runs
from sweeper.errors import ResultsError
from sweeper.plotting import heatmap
from sweeper.tracking import layout

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class PccMatrix:
    """A run's absolute correlations; sigmas_L is NaN where the model learns none per latent."""

    title: str
    run_id: str
    factors: tuple[str, ...]
    P_LK: np.ndarray
    sigmas_L: tuple[float, ...]

    def labels(self) -> list[str]:
        """'z3 (0.76)', or 'z3'."""
        return [
            f"z{latent}" if math.isnan(sigma) else f"z{latent} ({sigma:.2f})"
            for latent, sigma in enumerate(self.sigmas_L)
        ]


@dataclass(frozen=True)
class PccMatrices:
    """One matrix, or two side by side."""

    matrices: tuple[PccMatrix, ...]
    notes: tuple[str, ...]

    def rows(self) -> tuple[Sequence[str], list[Sequence[object]]]:
        header = ("run_id", "latent", "sigma", "factor", "pcc")
        return header, [
            (one.run_id, latent, one.sigmas_L[latent], factor, float(one.P_LK[latent, place]))
            for one in self.matrices
            for latent in range(len(one.sigmas_L))
            for place, factor in enumerate(one.factors)
        ]


def compute_best(study: Study, dataset: str, model: str) -> PccMatrices:
    """The best run by CbD (its first seed). Raises ResultsError where none finished."""
    rule = score("cbd")
    cells = collect_cells(study).cells
    here = cells[(cells.dataset == dataset) & (cells.label == model)]
    winner = best_configuration(here.to_dict("records"), rule)
    if winner is None:
        raise ResultsError(f"no finished {model} on {dataset} with a CbD in {study.place}")
    run = winner.first
    told = f"{dataset} {model}: run {run['run_id']}, CbD {number(run, rule.column):.2f}."
    return PccMatrices((_matrix(study, run, ""),), (told,))


def compute_two(study: Study) -> PccMatrices:
    """P1 and P2 of the two runs of Table 5.2."""
    runs = two_runs(study)
    found = [_matrix(study, run, f"({'ab'[i]}) P{i + 1}") for i, run in enumerate(runs)]
    notes = [
        f"P{i + 1}: run {run['run_id']}, {run['dataset']} {run['model']}, CbD "
        f"{number(run, score('cbd').column):.2f}."
        for i, run in enumerate(runs)
    ]
    return PccMatrices(tuple(found), tuple(notes))


def _matrix(study: Study, run: RunRow, title: str) -> PccMatrix:
    from trainers.measures import pcc_matrix

    latents = study.latents(run["run_id"])
    P_LK = pcc_matrix(latents.mu_NL, latents.factors_NK)
    sigmas = (abs(number(run, f"last/{layout.sigma_key(i)}")) for i in range(len(P_LK)))
    return PccMatrix(title, run["run_id"], latents.names, P_LK, tuple(sigmas))


def draw_pcc(data: PccMatrices) -> "Figure":
    return heatmap.matrices_figure(
        [one.P_LK for one in data.matrices],
        [one.labels() for one in data.matrices],
        [one.factors for one in data.matrices],
        [one.title for one in data.matrices],
    )
