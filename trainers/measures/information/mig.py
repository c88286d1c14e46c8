"""Mutual information gap.

    thesis     M_jk = I(z_j; y_k) / H(z_j)     the entropy of the binned latent
    locatello  M_jk = I(z_j; y_k) / H(y_k)     the entropy of the factor
    mig = mean_k [largest - second largest over latents of M_jk]

Source: thesis, eq. 5.1; Chen et al. 2018, eq. 6.
Range: 0 to 1, higher is better.
Needs: factor labels.
Estimator: plug-in information of latents in 10 (thesis) or 20 (locatello) bins of equal width.
    Deterministic.
Failure cases: a latent with outliers fills few bins. More bins or fewer points raise all scores. A
    constant latent or factor shares no information: 0. With one latent there is no second largest
    value; it counts as 0."""

import numpy as np

from trainers.measures.shared.gaps import top_two_gap
from trainers.measures.shared.information import ratio
from trainers.measures.shared.statistics import Statistics


def mig(stats: Statistics) -> float:
    return float(top_two_gap(normalised_information(stats), axis=0).mean())


def normalised_information(stats: Statistics) -> np.ndarray:
    """M_LK, by the entropy that the protocol divides by."""
    info = stats.information
    if stats.protocol == "thesis":
        return ratio(info.mutual_LK, info.latent_L[:, None])
    return ratio(info.mutual_LK, info.factor_K[None, :])
