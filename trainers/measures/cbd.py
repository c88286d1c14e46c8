"""Correlation-based disentanglement: the thesis's own measure, and its two halves.

    P_jk = |PCC(z_j, y_k)|                                                (eqs. 5.3 to 5.5)
    compactness = mean_j [largest - second largest of row j]              (eq. 5.6)
    modularity  = mean_k [largest - second largest of column k]           (eq. 5.7)
    cbd         = alpha * compactness + (1 - alpha) * modularity          (eq. 5.8; alpha 0.5: 5.9)

Thesis, section 5.2. 0 to 1, higher is better; needs labels, no interventions; no estimator, the
same in both protocols. The factor enters by its number, so it is blind to codes that are not
monotone in it. A constant latent scores 0; with one factor or one latent there is no second
largest, which then counts as 0."""

from trainers.measures.shared.gaps import top_two_gap
from trainers.measures.shared.statistics import Statistics


def cbd(stats: Statistics) -> float:
    return stats.alpha * cbd_compactness(stats) + (1.0 - stats.alpha) * cbd_modularity(stats)


def cbd_compactness(stats: Statistics) -> float:
    return float(top_two_gap(stats.pcc_LK, axis=1).mean())


def cbd_modularity(stats: Statistics) -> float:
    return float(top_two_gap(stats.pcc_LK, axis=0).mean())
