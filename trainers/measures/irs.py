"""Interventional robustness: how little a latent moves while the factor it encodes is held.

    D_j  = max_n |z_nj - mean z_j|
    d_jk = mean over values v of y_k of the q-quantile of |z_nj - E[z_j | y_k = v]|, y_nk = v
    irs  = sum_j D_j max_k (1 - d_jk / D_j) / sum_j D_j

Suter et al. 2019. Up to 1, higher is better, and hardly ever below 0; q = 1 (the maximum) in
protocol thesis, 0.99 in locatello. It holds a factor and lets the others vary, so it needs points
from the whole grid of factors. Unlike the other measures it weights latents by their scale. With
few points of a value, deviations are small and noise scores well: 0.25 to 0.35 in the reference
data. Constant latents are dropped; 0 if none is left."""

import numpy as np

from trainers.measures.classes import Groups
from trainers.measures.statistics import Statistics


def irs(stats: Statistics) -> float:
    varying = ~stats.constant_L
    if not varying.any():
        return 0.0
    unit_NL, exponents_L = stats.unit_NL[:, varying], stats.exponents_L[varying]
    largest_L = np.abs(unit_NL - unit_NL.mean(axis=0)).max(axis=0)
    quantile = stats.settings.irs_quantile
    held_KL = np.stack([_held_deviation(unit_NL, g, quantile) for g in stats.classes.groups_K])
    robust_L = (1.0 - held_KL / largest_L).max(axis=0)
    # Weights relative to the largest scale: those of hopelessly smaller latents vanish.
    shift_L = np.maximum(exponents_L - exponents_L.max(), -1000)
    return float(np.average(robust_L, weights=np.ldexp(largest_L, shift_L))) + 0.0  # not -0


def _held_deviation(unit_NL: np.ndarray, groups: Groups, quantile: float) -> np.ndarray:
    """Mean over values of the factor of the quantile of deviations from the value's mean."""
    sorted_NL = unit_NL[groups.order_N]
    means_VL = np.add.reduceat(sorted_NL, groups.starts_V, axis=0) / groups.counts_V[:, None]
    deviations_NL = np.abs(sorted_NL - np.repeat(means_VL, groups.counts_V, axis=0))
    if quantile == 1.0:
        return np.maximum.reduceat(deviations_NL, groups.starts_V, axis=0).mean(axis=0)
    parts = np.split(deviations_NL, groups.starts_V[1:])
    return np.mean([np.quantile(part, quantile, axis=0) for part in parts], axis=0)
