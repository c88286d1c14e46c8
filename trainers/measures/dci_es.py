"""DCI-ES: explicitness and size of a representation, and the informativeness to read them with.

Random forests of depth 1, 2, 4, 8 and 16 predict each factor's class from all latents. y_d is the
smallest error on unseen points at depths up to d, b_k = 1 - 1/V_k the error of a guess among V_k
values, and A_k the area between y_d and y_16 over d.

    dcies_explicitness    = mean_k [1 - 2 A_k / ((16 - 1) b_k)]
    dcies_size            = K / L
    dcies_informativeness = the largest over depths of mean_k accuracy on unseen points

Source: Eastwood et al. 2023, with depth as capacity and all factors as classes.
Range: higher is better. Explicitness -1 to 1: 1 where the smallest trees are as good as the
    largest, 0 where the error falls in a straight line from b_k to 0. Size above 0: 1 with as many
    latents as factors. Informativeness 0 to 1: mean_k 1/V_k for a guess.
Needs: factor labels.
Estimator: 10 trees on the first 2,000 points, tested on the next 1,000 (two thirds and one third of
    fewer than 3,000); the same in both protocols. Seeds differ by about 0.01.
Failure cases: pure noise has an explicitness of 0.99, because no depth helps; read it only with
    dcies_informativeness. Size ignores what latents hold. A constant factor adds 1 to both means.

Shapes: N points, K factors, D depths."""

import numpy as np

from trainers.measures.classifiers.forests import DEPTHS
from trainers.measures.shared.information import ratio
from trainers.measures.shared.statistics import Statistics


def dcies_explicitness(stats: Statistics) -> float:
    lowest_DK = np.minimum.accumulate(1.0 - stats.accuracy_by_depth_DK, axis=0)
    area_K = np.trapezoid(lowest_DK - lowest_DK[-1], DEPTHS, axis=0)
    guess_K = 1.0 - 1.0 / stats.classes.sizes_K
    return float(np.mean(1.0 - 2.0 * ratio(area_K, (DEPTHS[-1] - DEPTHS[0]) * guess_K)))


def dcies_informativeness(stats: Statistics) -> float:
    return float(stats.accuracy_by_depth_DK.mean(axis=1).max())


def dcies_size(stats: Statistics) -> float:
    return stats.num_factors / stats.unit_NL.shape[1]
