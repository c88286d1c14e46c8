"""Mutual information score: the information that pairs of latents share.

    mutual_info_score = sum_{i != j} I(z_i; z_j) / (L^2 - L) nats

Source: Locatello et al. 2019, as in disentanglement_lib.
Range: 0 to ln 20, lower is better.
Needs: latents alone.
Estimator: plug-in information of latents in 20 bins of equal width, in both protocols, because only
    disentanglement_lib has it. Deterministic.
Failure cases: the estimate is biased upwards: independent latents score about 0.027 with 6,000
    points, more with fewer. It ignores factors. One latent, or constant ones: 0.

Shapes: N points, L latents."""

import numpy as np

from trainers.measures.shared.classes import FactorClasses
from trainers.measures.shared.information import binned, information
from trainers.measures.shared.statistics import Statistics

_NUM_BINS = 20


def mutual_info_score(stats: Statistics) -> float:
    bins_NL = binned(stats.unit_NL, _NUM_BINS, "locatello")
    num_latents = bins_NL.shape[1]
    if num_latents == 1:
        return 0.0
    shared = information(bins_NL, _NUM_BINS, FactorClasses(bins_NL.astype(np.float64)))
    others_LL = shared.mutual_LK * (1.0 - np.eye(num_latents))
    return float(others_LL.sum() / (num_latents**2 - num_latents))
