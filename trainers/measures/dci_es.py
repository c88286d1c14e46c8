"""DCI-ES: explicitness and size of a representation, and the informativeness to read them with.

Random forests of depth 1, 2, 4, 8 and 16 predict each factor's value from all latents. With y_d
the smallest error on unseen points of a depth up to d, and b_k = 1 - 1/V_k the error of a guess,

    dcies_explicitness    = mean_k [1 - 2 A_k / ((16 - 1) b_k)],  A_k the area of y_d - y_16 over d
    dcies_size            = K / L
    dcies_informativeness = the largest over depths of mean_k accuracy on unseen points

Eastwood et al. 2023, sections 3 and 4, with capacity the depth and every factor taken as classes.
Explicitness: -1 to 1; 1 if the smallest trees are as good as the largest, 0 if the error falls in
a straight line from b_k to 0. Size: above 0, 1 with as many latents as factors. Informativeness: 0
to 1, and 1/V_k for a guess. Higher is better; needs labels, no interventions; the same in both
protocols.

Estimator: 10 trees, on the first 2,000 points (two thirds of them where there are fewer than
3,000), tested on at most 1,000 that follow, as the reference values; seeds differ by about 0.01.

Failure cases. Explicitness of pure noise is 0.99, because no depth helps: read it with
dcies_informativeness alone. Size knows nothing of what latents hold. A constant factor is
predicted at every depth and adds 1 to explicitness and informativeness.

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
