"""Figures 5.3 and 7.2 to 7.7: the PCC matrix of chosen runs, each latent's sigma next to its row.

L latents, K factors."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sweeper.analysis.population import Population
from sweeper.analysis.scores import score
from sweeper.analysis.selection import best_configuration, number
from sweeper.analysis.study import RunRow, Study
from sweeper.analysis.titles import dataset_title, model_title
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
    mark: str = ""

    def rows(self) -> tuple[Sequence[str], list[Sequence[object]]]:
        header = ("run_id", "latent", "sigma", "factor", "pcc")
        return header, [
            (one.run_id, latent, one.sigmas_L[latent], factor, float(one.P_LK[latent, place]))
            for one in self.matrices
            for latent in range(len(one.sigmas_L))
            for place, factor in enumerate(one.factors)
        ]


def compute_best(population: Population, dataset: str, model: str) -> PccMatrices:
    """The best run by CbD (its first seed). Raises ResultsError where none finished."""
    rule = population.rule.with_score("cbd", population.columns)
    winner = best_configuration(population.where(dataset=dataset, label=model), rule)
    if winner is None:
        raise ResultsError(
            f"no finished {model} on {dataset} with a CbD in {population.grid} "
            f"({population.study.place})"
        )
    run = winner.first
    note = (
        f"{dataset} {model}: run {run['run_id']} at {run['iterations']} iterations, CbD "
        f"{number(run, rule.by.column):.2f}."
    )
    matrix = _matrix(population.study, run, f"{model_title(model)}, {dataset_title(dataset)}")
    return PccMatrices((matrix,), (note, *population.notes), population.mark([run]))


def compute_two(population: Population) -> PccMatrices:
    """P1 and P2 of the two runs of Table 5.2."""
    runs = two_runs(population)
    found = [
        _matrix(
            population.study,
            run,
            f"({'ab'[i]}) P{i + 1}: {model_title(run['model'])}, {dataset_title(run['dataset'])}",
        )
        for i, run in enumerate(runs)
    ]
    notes = [
        f"P{i + 1}: run {run['run_id']}, {run['dataset']} {run['model']}, CbD "
        f"{number(run, score('cbd').column):.2f}."
        for i, run in enumerate(runs)
    ]
    return PccMatrices(tuple(found), (*notes, *population.notes), population.mark(runs))


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
        "absolute Pearson correlation",
    )
