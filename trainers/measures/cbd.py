"""Correlation-based disentanglement, the measure that the thesis proposes, and its two parts.

    P_jk = |PCC(z_j, y_k)|                                                (eqs. 5.3 to 5.5)
    cbd_compactness = mean_j [largest - second largest of row j]          (eq. 5.6)
    cbd_modularity  = mean_k [largest - second largest of column k]       (eq. 5.7)
    cbd = alpha * cbd_compactness + (1 - alpha) * cbd_modularity          (eq. 5.8; alpha 0.5: 5.9)

Source: thesis, section 5.2.
Range: 0 to 1, higher is better.
Needs: factor labels; the number of a factor's class enters as a real number.
Estimator: the correlation of all points, without parameters; the same in both protocols.
Failure cases: codes that are not monotone in a factor score low. Correlation ignores scale, so a
    collapsed latent that still follows a factor scores high. A constant latent or factor scores 0.
    With one factor or one latent there is no second largest value; it counts as 0."""

from trainers.measures.shared.gaps import top_two_gap
from trainers.measures.shared.statistics import Statistics


def cbd(stats: Statistics) -> float:
    return stats.alpha * cbd_compactness(stats) + (1.0 - stats.alpha) * cbd_modularity(stats)


def cbd_compactness(stats: Statistics) -> float:
    return float(top_two_gap(stats.pcc_LK, axis=1).mean())


def cbd_modularity(stats: Statistics) -> float:
    return float(top_two_gap(stats.pcc_LK, axis=0).mean())
