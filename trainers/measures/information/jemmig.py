"""JEMMIG: the information gap, less what the best latent carries besides its factor.

    jemmig = mean_k [1 - (H(z_*, y_k) - I(z_*; y_k) + I(z_o; y_k)) / (H(y_k) + ln B)]

z_* and z_o are the latents with the most and second most information about y_k, B is the number of
bins.

Source: Do & Tran 2020, normalised and reversed as in the code of Carbonneau et al. 2022.
Range: 0 to 1, higher is better.
Needs: factor labels.
Estimator: bins as mig's; protocol locatello, whose code has no JEMMIG, uses its own 20.
    Deterministic.
Failure cases: a latent without information scores (ln B - H(z)) / (H(y) + ln B) and not 0. Of
    latents with equal information, the one with the smallest joint entropy counts. With one latent
    the second most information is 0."""

import numpy as np

from trainers.measures.shared.gaps import top_two_gap
from trainers.measures.shared.statistics import Statistics


def jemmig(stats: Statistics) -> float:
    info = stats.information
    best_K = info.mutual_LK.max(axis=0)
    joint_K = np.where(info.mutual_LK == best_K, info.joint_LK, np.inf).min(axis=0)
    left_K = joint_K - top_two_gap(info.mutual_LK, axis=0)
    return float(np.mean(1.0 - left_K / (info.factor_K + np.log(stats.settings.num_bins))))
