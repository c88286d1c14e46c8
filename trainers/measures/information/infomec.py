"""InfoMEC: modularity, compactness and explicitness from mutual information.

    A_jk   = I(z_j; y_k) / H(y_k),   I by nearest neighbours (neighbours.py)
    infom  = mean_j rescaled(max_k A_jk / sum_k A_jk, 1/K)     over active latents j
    infoc  = mean_k rescaled(max_j A_jk / sum_j A_jk, 1/J)     J the number of active latents
    infoe  = mean_k [1 - CE_k / ln V_k]
    rescaled(share, chance) = (share - chance) / (1 - chance)

A latent is active if its range exceeds 1/20 of the largest range. CE_k is the mean of -ln p(y_k),
each of the V_k values weighted equally, of an unpenalised multinomial logistic regression on all
latents.

Source: Hsu et al. 2023.
Range: 0 to 1, higher is better; infoe slightly below 0 at worst.
Needs: factor labels.
Estimator: all points, infoe fitted and scored on the same; the same in both protocols. Noise of
    1e-10 separates equal values of a latent: its seed changes infom and infoc by about 1e-6, of
    pure noise by 1e-4.
Failure cases: pure noise scores 0.57 in infom and 0.43 in infoc, because each row is divided by its
    own small sum; read them only with infoe. A latent (infom) or factor (infoc) without
    information counts as chance, 0. With one factor (infom) or one active latent (infoc) the share
    is 1 where there is any information. A constant factor has infoe 0. A rotation does not change
    infoe. Too many classes times points: MeasureError (infoe).

Shapes: N points, L latents, J active latents, K factors."""

import numpy as np

from trainers.measures.classifiers.softmax import fit_softmax, softmax, with_constant
from trainers.measures.information.neighbours import mutual_information
from trainers.measures.shared.classes import check_classifiable
from trainers.measures.shared.information import ratio
from trainers.measures.shared.statistics import Statistics
from trainers.seeds import random_stream

_ACTIVE_SHARE = 20.0
_TIE_NOISE = 1e-10


def infom(stats: Statistics) -> float:
    return _mean_share(_normalised_JK(stats))


def infoc(stats: Statistics) -> float:
    return _mean_share(_normalised_JK(stats).T)


def infoe(stats: Statistics) -> float:
    check_classifiable(stats.classes, stats.num_points)
    features_ND = with_constant(stats.standard_NL)
    return float(
        np.mean(
            [
                _explained(features_ND, classes_N, int(size))
                for classes_N, size in zip(
                    stats.classes.classes_NK.T, stats.classes.sizes_K, strict=True
                )
            ]
        )
    )


def _mean_share(shares_RM: np.ndarray) -> float:
    """The mean over rows of the largest share of a row, rescaled so that chance is 0."""
    if not shares_RM.size:
        return 0.0
    sums_R = shares_RM.sum(axis=1)
    chance = 1.0 / shares_RM.shape[1]
    if chance == 1.0:
        return float(np.mean(sums_R > 0.0))
    largest_R = np.where(sums_R > 0.0, ratio(shares_RM.max(axis=1), sums_R), chance)
    return float(np.mean((largest_R - chance) / (1.0 - chance)))


def _normalised_JK(stats: Statistics) -> np.ndarray:
    """A_JK of the active latents."""
    groups_K, noise = stats.classes.groups_K, random_stream(stats.seed, "measure/infomec")
    mutual_LK = np.zeros((stats.unit_NL.shape[1], stats.num_factors))
    for j, values_N in enumerate(stats.standard_NL.T):
        # Latents in units of their deviation; where they lie does not matter to distances.
        tie_noise_N = noise.standard_normal(len(values_N))
        if not stats.constant_L[j]:
            apart_N = values_N + _TIE_NOISE * tie_noise_N
            mutual_LK[j] = [mutual_information(apart_N, groups) for groups in groups_K]
    active_JK = mutual_LK[_active(stats)]
    return ratio(active_JK, np.broadcast_to(stats.information.factor_K, active_JK.shape))


def _active(stats: Statistics) -> np.ndarray:
    """In logarithms: the range of a huge latent may overflow."""
    range_L = stats.unit_NL.max(axis=0) - stats.unit_NL.min(axis=0)
    log2_range_L = np.log2(np.where(stats.constant_L, 1.0, range_L)) + stats.exponents_L
    log2_range_L[stats.constant_L] = -np.inf
    return ~stats.constant_L & (log2_range_L > log2_range_L.max() - np.log2(_ACTIVE_SHARE))


def _explained(features_ND: np.ndarray, classes_N: np.ndarray, num_classes: int) -> float:
    """The share of ln V that the latents explain of one factor."""
    if num_classes == 1:
        return 0.0
    weight_N = (len(classes_N) / (num_classes * np.bincount(classes_N)))[classes_N]
    weights_DC = fit_softmax(features_ND, classes_N, num_classes, 0.0, weight_N)
    p_NC, _ = softmax(features_ND @ weights_DC)
    right_N = p_NC[np.arange(len(classes_N)), classes_N]
    nats_N = -np.log(np.maximum(right_N, np.finfo(float).eps))
    return 1.0 - float(np.average(nats_N, weights=weight_N)) / np.log(num_classes)
