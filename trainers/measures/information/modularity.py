"""Modularity: how far each latent carries information about one factor only.

    modularity = mean_j [1 - sum_{k != *} I_jk^2 / ((K - 1) I_j*^2)],    * the best factor of z_j

Source: Ridgeway & Mozer 2018, section 3.
Range: 0 to 1, higher is better.
Needs: factor labels.
Estimator: plug-in information of latents in 10 (thesis) or 20 (locatello) bins. Deterministic.
Failure cases: it ignores how much information there is, so a latent of noise scores high and copies
    of one good latent score 1. A latent without information scores 0. With one factor, every latent
    with information scores 1."""

import numpy as np

from trainers.measures.shared.information import ratio
from trainers.measures.shared.statistics import Statistics


def modularity(stats: Statistics) -> float:
    squared_LK = np.square(stats.information.mutual_LK)
    best_L = squared_LK.max(axis=1)
    others_L = ratio(squared_LK.sum(axis=1) - best_L, best_L * max(stats.num_factors - 1, 1))
    return float(np.where(best_L > 0.0, 1.0 - others_L, 0.0).mean())
