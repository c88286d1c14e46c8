"""Explicitness: how well a linear classifier reads each factor off the representation.

    explicitness = mean_k mean_v AUC of (y_k = v) against the rest, by a logistic regression's
    probability of v

Ridgeway & Mozer 2018, section 4. Needs labels, no interventions; fitted and scored on the same
points. Higher is better.
    thesis     latents from 0 to 1; one balanced regression for each value, their probabilities
               normalised to sum 1; rescaled to 2 (AUC - 0.5): 0 to 1, chance is near 0
    locatello  latents of mean 0 and variance 1; one multinomial regression; 0.5 to 1
Both L2 with C = 1, fitted to the minimum where the reference codes stop after 100 steps. Blind to
entanglement: any rotation of good latents scores as well. A constant latent adds nothing; a factor
of one value has no rest to be told from: AUC 0.5. Two values: the locatello regression is the
binary one, as in scikit-learn."""

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
