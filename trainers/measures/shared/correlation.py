"""Absolute Pearson correlation of latents and factors: thesis, eqs. 5.3 to 5.5.

Shapes: N points, L latents, K factors."""

import numpy as np


def unit_scaled(columns_NM: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns divided by powers of two so that no value exceeds 1, and the exponents (M,).

    The division is exact, so results that do not depend on scale keep every bit, and squares of
    very large or small values neither overflow nor underflow."""
    _, exponents_M = np.frexp(np.abs(columns_NM).max(axis=0))
    return np.ldexp(columns_NM, -exponents_M), exponents_M


def absolute_pcc(latents_NL: np.ndarray, factors_NK: np.ndarray) -> np.ndarray:
    """P_LK, from 0 to 1; 0 for a constant latent or factor."""
    return np.minimum(np.abs(_normalised(latents_NL).T @ _normalised(factors_NK)), 1.0)


def _normalised(columns_NM: np.ndarray) -> np.ndarray:
    """Centred columns of length 1; constant ones all 0."""
    scaled, _ = unit_scaled(columns_NM)
    # First by the first point, so that a constant column becomes exact zeros, then by the mean:
    # a large offset costs no digits.
    centred = scaled - scaled[0]
    centred, _ = unit_scaled(centred - centred.mean(axis=0))
    norms = np.linalg.norm(centred, axis=0)
    return centred / np.where(norms > 0.0, norms, 1.0)
