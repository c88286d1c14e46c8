"""DCIMIG, also called 3CharM: one score for modularity and compactness from information gaps.

    gap_j = largest - second largest over factors of I(z_j; y_k), credited to the best factor *_j
    dcimig = sum_k max {gap_j : *_j = k, or 0} / sum_k H(y_k)

Source: Sepliarskaia et al. 2019, as in the code of Carbonneau et al. 2022.
Range: 0 to 1, higher is better.
Needs: factor labels.
Estimator: bins as mig's; protocol locatello, whose code has no DCIMIG, uses its own 20.
    Deterministic.
Failure cases: a copy of a latent is not penalised. Constant factors alone: 0."""

import numpy as np

from trainers.measures.shared.gaps import top_two_gap
from trainers.measures.shared.statistics import Statistics


def dcimig(stats: Statistics) -> float:
    info = stats.information
    credit_K = np.zeros(stats.num_factors)
    np.maximum.at(credit_K, info.mutual_LK.argmax(axis=1), top_two_gap(info.mutual_LK, axis=1))
    total_nats = float(info.factor_K.sum())
    return float(credit_K.sum() / total_nats) if total_nats > 0.0 else 0.0
