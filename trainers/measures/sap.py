"""Separated attribute predictability, with regressions.

    R2_jk = squared Pearson correlation of z_j and y_k, the R^2 of a linear regression
    sap = mean_k [largest - second largest over latents of R2_jk]

Kumar et al. 2018, section 3. 0 to 1, higher is better; needs labels, no interventions. The factor
enters by its number, as in both reference codes, so a code that is not linear in it looks poor. A
constant latent or factor: 0; in protocol locatello also a latent of variance 1e-12 or less. With
one latent there is no second largest, which then counts as 0."""

import numpy as np

from trainers.measures.shared.gaps import top_two_gap
from trainers.measures.shared.statistics import Statistics

_MIN_VARIANCE = 1e-12


def sap(stats: Statistics) -> float:
    squared_LK = np.square(stats.pcc_LK)
    if stats.protocol == "locatello":
        # In logarithms, because a variance in the latent's own scale may overflow.
        log2_std_L = np.log2(np.maximum(stats.unit_NL.std(axis=0), 1e-300)) + stats.exponents_L
        squared_LK[log2_std_L <= 0.5 * np.log2(_MIN_VARIANCE)] = 0.0
    return float(top_two_gap(squared_LK, axis=0).mean())
