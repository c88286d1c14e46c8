"""A measure of one's own that selects winners: a function of latents and factors.

use: ./own_measure.py
evaluation: {measures: [thesis, rank_gap]}
select: {by: rank_gap}
"""

import numpy as np

from trainers.interface import measure


@measure(title="Rank gap", range="0 to 1", needs="factors", source="an example")
def rank_gap(latents_NL: np.ndarray, factors_NK: np.ndarray) -> float:
    """Mean over factors of the gap of the two largest |rank correlations| with a latent."""
    table_LK = np.abs(_correlations(_ranks(latents_NL), _ranks(factors_NK)))
    ordered_LK = np.sort(np.vstack([np.zeros_like(table_LK[:1]), table_LK]), axis=0)
    return float((ordered_LK[-1] - ordered_LK[-2]).mean())


def _ranks(values_NM: np.ndarray) -> np.ndarray:
    """Ranks of each column; equal values have equal ranks."""
    return np.stack([np.unique(column, return_inverse=True)[1] for column in values_NM.T], axis=1)


def _correlations(one_NL: np.ndarray, other_NK: np.ndarray) -> np.ndarray:
    """(L, K): Pearson correlations; 0 for a constant column."""
    one, other = (values - values.mean(axis=0) for values in (one_NL, other_NK))
    norms_LK = np.outer(np.linalg.norm(one, axis=0), np.linalg.norm(other, axis=0))
    products_LK = one.T @ other
    return np.divide(products_LK, norms_LK, out=np.zeros_like(products_LK), where=norms_LK > 0)
