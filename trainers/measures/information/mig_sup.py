"""MIG-sup: the information gap of each latent over factors, where MIG's is of each factor.

    mig_sup = mean_j [largest - second largest over factors of M_jk],    M as in mig.py

Source: Li et al. 2020.
Range: 0 to 1, higher is better.
Needs: factor labels.
Estimator: as mig's, normalised by H(z_j) in protocol thesis and by H(y_k), with 20 bins, in
    locatello (whose code has no MIG-sup). Deterministic.
Failure cases: as mig's. A constant latent scores 0 and lowers the mean. With one factor there is no
    second largest value; it counts as 0."""

from trainers.measures.information.mig import normalised_information
from trainers.measures.shared.gaps import top_two_gap
from trainers.measures.shared.statistics import Statistics


def mig_sup(stats: Statistics) -> float:
    return float(top_two_gap(normalised_information(stats), axis=1).mean())
