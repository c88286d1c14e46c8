"""Modularity: how far each latent informs of one factor only.

    modularity = mean_j [1 - sum_{k != *} I_jk^2 / ((K - 1) I_j*^2)],    * the best factor of z_j

Ridgeway & Mozer 2018, section 3. 0 to 1, higher is better; needs labels, no interventions. Plug-in
information of latents in 10 (thesis) or 20 (locatello) bins. Blind to how much is known: a latent
of noise scores high too, and copies of one good latent score 1. A latent without any information
scores 0. With one factor, every latent that informs of it scores 1."""

import numpy as np

from trainers.measures.shared.information import ratio
from trainers.measures.shared.statistics import Statistics


def modularity(stats: Statistics) -> float:
    squared_LK = np.square(stats.information.mutual_LK)
    best_L = squared_LK.max(axis=1)
    others_L = ratio(squared_LK.sum(axis=1) - best_L, best_L * max(stats.num_factors - 1, 1))
    return float(np.where(best_L > 0.0, 1.0 - others_L, 0.0).mean())
