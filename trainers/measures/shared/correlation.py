"""Absolute Pearson correlation of latents and factors: thesis, eqs. 5.3 to 5.5.

Shapes: N points, L latents, K factors."""

import numpy as np


def unit_scaled(columns_NM: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns divided by a power of two so that none exceeds 1, and its exponents (M,).

    The division is exact, so nothing that ignores scale changes by a bit, and squares of huge
    or tiny values neither overflow nor vanish."""
    _, exponents_M = np.frexp(np.abs(columns_NM).max(axis=0))
    return np.ldexp(columns_NM, -exponents_M), exponents_M


def absolute_pcc(latents_NL: np.ndarray, factors_NK: np.ndarray) -> np.ndarray:
    """P_LK, in 0 to 1. A constant latent or factor correlates with nothing: 0."""
    return np.minimum(np.abs(_normalised(latents_NL).T @ _normalised(factors_NK)), 1.0)


def _normalised(columns_NM: np.ndarray) -> np.ndarray:
    """Centred columns of length 1; constant ones all 0."""
    scaled, _ = unit_scaled(columns_NM)
    # From the first point, so that a constant column centres to exact zeros, and a second time
    # by the mean, so that no digits are lost to a large offset.
    centred = scaled - scaled[0]
    centred, _ = unit_scaled(centred - centred.mean(axis=0))
    norms = np.linalg.norm(centred, axis=0)
    return centred / np.where(norms > 0.0, norms, 1.0)
