"""Plug-in (maximum-likelihood) entropies and mutual information of binned latents and factors.

Shapes: N points, L latents, K factors, B bins, C classes of all factors together. Nats."""

from dataclasses import dataclass

import numpy as np

from trainers.measures.shared.classes import FactorClasses

# Rounding gives exactly independent variables an information of about 1e-16 of either sign. A
# real dependence among fewer than a billion points is above this.
_ROUNDING_NATS = 1e-12


@dataclass(frozen=True)
class Information:
    """H(z_j), H(y_k), H(z_j, y_k) and I(z_j; y_k), all in nats."""

    latent_L: np.ndarray
    factor_K: np.ndarray
    joint_LK: np.ndarray
    mutual_LK: np.ndarray


def binned(unit_NL: np.ndarray, num_bins: int, protocol: str) -> np.ndarray:
    """Bin numbers from 0, of equal widths between each latent's extremes; the maximum falls into
    the last bin, a constant latent into bin 0.

    A value on an edge falls where the reference code's rounding puts it: 'thesis' scales values to
    0 to 1 and compares them with 0, 0.1, ..; 'locatello' compares them with edges in the latent's
    own scale. The codes of perfect representations lie on edges."""
    low_L, high_L = unit_NL.min(axis=0), unit_NL.max(axis=0)
    bins_NL = np.zeros(unit_NL.shape, dtype=np.int64)
    for j in np.flatnonzero(high_L > low_L):
        values_N, edges = unit_NL[:, j], np.linspace(low_L[j], high_L[j], num_bins + 1)
        if protocol == "thesis":
            scale = 1.0 / (high_L[j] - low_L[j])
            values_N, edges = values_N * scale - low_L[j] * scale, np.linspace(0, 1, num_bins + 1)
        bins_NL[:, j] = np.searchsorted(edges[:-1], values_N, side="right") - 1
    # Scaling a very small spread can round a value to just below 0.
    return np.maximum(bins_NL, 0, out=bins_NL)


def information(bins_NL: np.ndarray, num_bins: int, classes: FactorClasses) -> Information:
    num_points, num_latents = bins_NL.shape
    joint_LK = np.empty((num_latents, len(classes.sizes_K)))
    latent_L = np.empty(num_latents)
    for j in range(num_latents):
        cells = bins_NL[:, j, None] * classes.total + classes.numbered_NK
        table_BC = np.bincount(cells.ravel(), minlength=num_bins * classes.total)
        terms_C = _terms(table_BC.reshape(num_bins, -1) / num_points).sum(axis=0)
        joint_LK[j] = np.add.reduceat(terms_C, classes.offsets_K)
        latent_L[j] = _terms(np.bincount(bins_NL[:, j], minlength=num_bins) / num_points).sum()
    factor_K = np.add.reduceat(_terms(classes.counts_C / num_points), classes.offsets_K)
    mutual_LK = latent_L[:, None] + factor_K - joint_LK
    mutual_LK[mutual_LK < _ROUNDING_NATS] = 0.0
    return Information(latent_L, factor_K, joint_LK, mutual_LK)


def _terms(probabilities: np.ndarray) -> np.ndarray:
    """-p ln p, 0 where p is 0."""
    return -probabilities * np.log(np.where(probabilities > 0.0, probabilities, 1.0))


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Element-wise quotient; 0 where the denominator is 0 (no entropy to explain)."""
    positive = denominator > 0.0
    return np.where(positive, numerator / np.where(positive, denominator, 1.0), 0.0)
