"""JEMMIG: the information gap, less what the best latent carries besides its factor.

    jemmig = mean_k [1 - (H(z_*, y_k) - I(z_*; y_k) + I(z_o; y_k)) / (H(y_k) + ln B)]

z_* and z_o are the latents that know most and second most of y_k, B the number of bins. Do & Tran
2020, normalised and turned so that higher is better, as in the review code of Carbonneau et al.
2022. 0 to 1; needs labels, no interventions. Bins as mig's; protocol locatello, whose code has
no JEMMIG, takes its own 20. A latent that knows nothing does not score 0 but
(ln B - H(z)) / (H(y) + ln B). Of latents that know equally much, the one of least joint entropy
counts; with one latent, the second most is 0."""

import numpy as np

from trainers.measures.shared.gaps import top_two_gap
from trainers.measures.shared.statistics import Statistics


def jemmig(stats: Statistics) -> float:
    info = stats.information
    best_K = info.mutual_LK.max(axis=0)
    joint_K = np.where(info.mutual_LK == best_K, info.joint_LK, np.inf).min(axis=0)
    left_K = joint_K - top_two_gap(info.mutual_LK, axis=0)
    return float(np.mean(1.0 - left_K / (info.factor_K + np.log(stats.settings.num_bins))))
