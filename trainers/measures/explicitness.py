"""Explicitness: how well a linear classifier reads each factor from all latents.

    explicitness = mean_k mean_v AUC of (y_k = v) against the rest, by a logistic regression's
    probability of v

    thesis     latents from 0 to 1; one balanced regression for each value, whose probabilities are
               normalised to sum to 1; the mean AUC rescaled to 2 (AUC - 0.5)
    locatello  latents of mean 0 and variance 1; one multinomial regression; not rescaled

Source: Ridgeway & Mozer 2018, section 4.
Range: higher is better; thesis 0 (chance) to 1, slightly below 0 at worst; locatello 0.5 to 1.
Needs: factor labels.
Estimator: regressions with L2 and C = 1, fitted to the minimum (the reference codes stop after 100
    steps) and scored on the same points. Deterministic.
Failure cases: it does not see entanglement, as any rotation of good latents scores as well. A
    constant latent adds nothing; a constant factor has AUC 0.5. Of two values, the locatello
    regression is binary, as in scikit-learn. Too many classes times points: MeasureError."""

import numpy as np

from trainers.measures.classifiers.logistic import fit_one_versus_rest, sigmoid
from trainers.measures.classifiers.softmax import fit_softmax, softmax, with_constant
from trainers.measures.shared.auc import mean_auc
from trainers.measures.shared.classes import check_classifiable
from trainers.measures.shared.protocols import above_chance
from trainers.measures.shared.statistics import Statistics


def explicitness(stats: Statistics) -> float:
    check_classifiable(stats.classes, stats.num_points)
    if stats.protocol == "thesis":
        return above_chance(float(np.mean(_balanced_aucs(stats))), chance=0.5)
    return float(np.mean(_multinomial_aucs(stats)))


def _balanced_aucs(stats: Statistics) -> list[float]:
    classes, features_ND = stats.classes, with_constant(stats.spans_NL)
    weights_DC = fit_one_versus_rest(features_ND, classes.numbered_NK, classes.total)
    aucs = []
    for offset, size, groups in zip(
        classes.offsets_K, classes.sizes_K, classes.groups_K, strict=True
    ):
        p_NV = sigmoid(features_ND @ weights_DC[:, offset : offset + size])
        sums_N1 = p_NV.sum(axis=1, keepdims=True)
        aucs.append(mean_auc(p_NV / np.where(sums_N1 > 0.0, sums_N1, 1.0), groups))
    return aucs


def _multinomial_aucs(stats: Statistics) -> list[float]:
    classes, features_ND, aucs = stats.classes, with_constant(stats.standard_NL), []
    for classes_N, size, groups in zip(
        classes.classes_NK.T, classes.sizes_K, classes.groups_K, strict=True
    ):
        p_NV, _ = softmax(features_ND @ fit_softmax(features_ND, classes_N, int(size)))
        aucs.append(mean_auc(p_NV, groups))
    return aucs
