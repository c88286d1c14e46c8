"""Gaussian total correlation: how far latents are from independent, if they were Gaussian.

    gaussian_total_correlation = (sum_l ln V_ll - ln det V) / 2 nats,    V = Cov[z]

Source: Watanabe 1960; Locatello et al. 2019, as in disentanglement_lib.
Range: 0 to infinity, lower is better.
Needs: latents alone.
Estimator: the covariance of all points; the same in both protocols. Deterministic.
Failure cases: it sees linear dependence alone. It ignores factors: noise scores 0. Constant latents
    depend on nothing and are left out. Linearly dependent latents (copies, or no more points than
    latents) would score infinity: the score is undefined and left out.

Shapes: N points, L latents."""

import numpy as np

from trainers.errors import UndefinedScoreError
from trainers.measures.shared.statistics import Statistics


def gaussian_total_correlation(stats: Statistics) -> float:
    standard_NL = stats.standard_NL[:, ~stats.constant_L]
    if standard_NL.shape[1] < 2:
        return 0.0
    eigenvalues_L = np.linalg.eigvalsh(standard_NL.T @ standard_NL / stats.num_points)
    if eigenvalues_L.min() <= len(eigenvalues_L) * np.finfo(float).eps:
        raise UndefinedScoreError("is infinite, because the latents are linearly dependent")
    return max(0.0, -0.5 * float(np.log(eigenvalues_L).sum()))
