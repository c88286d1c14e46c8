"""Interventional robustness: how little a latent moves while the factor that it encodes is held.

    D_j  = max_n |z_nj - mean z_j|
    d_jk = mean over values v of y_k of the q-quantile of |z_nj - E[z_j | y_k = v]|, y_nk = v
    irs  = sum_j D_j max_k (1 - d_jk / D_j) / sum_j D_j

Source: Suter et al. 2019, as both reference codes compute it.
Range: up to 1, higher is better; slightly below 0 at worst.
Needs: a factor grid, because it holds one factor while the others vary.
Estimator: all points; q = 1 (the maximum) in protocol thesis, 0.99 in locatello. Deterministic.
Failure cases: latents are weighted by their scale. With few points of a value deviations are
    small, so noise scores 0.25 to 0.35 in the reference data. Constant latents are dropped; 0 if
    none is left."""

import numpy as np

from trainers.measures.shared.classes import Groups
from trainers.measures.shared.statistics import Statistics


def irs(stats: Statistics) -> float:
    varying_L = ~stats.constant_L
    if not varying_L.any():
        return 0.0
    unit_LN = np.ascontiguousarray(stats.unit_NL[:, varying_L].T)
    exponents_L = stats.exponents_L[varying_L]
    largest_L = np.abs(unit_LN - unit_LN.mean(axis=1, keepdims=True)).max(axis=1)
    quantile = stats.settings.irs_quantile
    held_KL = np.stack([_held_deviation(unit_LN, g, quantile) for g in stats.classes.groups_K])
    robust_L = (1.0 - held_KL / largest_L).max(axis=0)
    # Weights relative to the largest scale; those of much smaller latents become 0.
    shift_L = np.maximum(exponents_L - exponents_L.max(), -1000)
    return float(np.average(robust_L, weights=np.ldexp(largest_L, shift_L))) + 0.0  # -0 becomes 0


def _held_deviation(unit_LN: np.ndarray, groups: Groups, quantile: float) -> np.ndarray:
    """Mean over values of the factor of the quantile of deviations from the value's mean."""
    sorted_LN = unit_LN[:, groups.order_N]
    means_LV = np.add.reduceat(sorted_LN, groups.starts_V, axis=1) / groups.counts_V
    deviations_LN = np.abs(sorted_LN - np.repeat(means_LV, groups.counts_V, axis=1))
    if quantile == 1.0:
        return np.maximum.reduceat(deviations_LN, groups.starts_V, axis=1).mean(axis=1)
    parts = np.split(deviations_LN, groups.starts_V[1:], axis=1)
    return np.mean([np.quantile(part, quantile, axis=1) for part in parts], axis=0)
