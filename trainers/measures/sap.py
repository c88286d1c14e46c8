"""Separated attribute predictability: one latent should predict each factor, and the others not.

    sap             = mean_k [largest - second largest over latents of S_jk]
    S_jk, thesis    = accuracy of a decision tree that predicts factor k from latent j, fitted and
                      scored on all points; its depth, 1 to 9, by 10-fold cross-validation
    S_jk, locatello = accuracy of a linear support vector classifier, fitted to the first two
                      thirds of the points and scored on the others
    sap_regression  = the same gap of R2_jk, the squared Pearson correlation: the R^2 of a linear
                      regression of the factor's class number

Source: Kumar et al. 2018, section 3, which leaves the predictor open. `sap` is the classification
    mode of the review code and of disentanglement_lib, `sap_regression` their regression mode.
Range: 0 to 1, higher is better.
Needs: factor labels.
Estimator: as above. Deterministic.
Failure cases: sap of a perfect code stays below 1, because the second best latent is right as
    often as the most frequent value is: 1 - 1/V for V equally frequent values. A linear classifier
    separates few of many values (about 0.2 for aligned latents). Protocol locatello scores the
    last third of the points, so points sorted by factor score low, and latents of small scale are
    penalised. sap_regression: a code that is not linear in the class number scores low. A constant
    latent or factor adds 0. With one latent there is no second largest value; it counts as 0.

`sap` has revision 1: revision 0 was what is `sap_regression` now.

Shapes: N points, L latents, K factors."""

import numpy as np

from trainers.measures.classifiers.support_vectors import held_out_accuracy
from trainers.measures.classifiers.trees import cross_validated_accuracy, stratified_folds
from trainers.measures.shared.gaps import top_two_gap
from trainers.measures.shared.statistics import Statistics

_MIN_VARIANCE = 1e-12
_RIDGE_EXPONENTS = (-40, 40)  # beyond 2^40, a latent's scale no longer decides anything


def sap(stats: Statistics) -> float:
    accuracy_LK = _tree_accuracies if stats.protocol == "thesis" else _linear_accuracies
    return float(top_two_gap(accuracy_LK(stats), axis=0).mean())


def sap_regression(stats: Statistics) -> float:
    squared_LK = np.square(stats.pcc_LK)
    if stats.protocol == "locatello":
        # In logarithms, because a variance in the latent's own scale may overflow.
        log2_std_L = np.log2(np.maximum(stats.unit_NL.std(axis=0), 1e-300)) + stats.exponents_L
        squared_LK[log2_std_L <= 0.5 * np.log2(_MIN_VARIANCE)] = 0.0
    return float(top_two_gap(squared_LK, axis=0).mean())


def _tree_accuracies(stats: Statistics) -> np.ndarray:
    classes_NK = stats.classes.classes_NK
    folds_NK = np.stack([stratified_folds(column) for column in classes_NK.T], axis=1)
    # scikit-learn's trees work in single precision.
    single_NL = stats.minmax_NL.astype(np.float32)
    accuracy_LK = np.empty((single_NL.shape[1], stats.num_factors))
    for j, values_N in enumerate(single_NL.T):
        order_N = np.argsort(values_N, kind="stable")
        for k in range(stats.num_factors):
            accuracy_LK[j, k] = cross_validated_accuracy(
                values_N[order_N], classes_NK[order_N, k], folds_NK[order_N, k]
            )
    return accuracy_LK


def _linear_accuracies(stats: Statistics) -> np.ndarray:
    classes_NK, num_train = stats.classes.classes_NK, 2 * stats.num_points // 3
    accuracy_LK = np.empty((stats.unit_NL.shape[1], stats.num_factors))
    ridge_L = np.ldexp(1.0, np.clip(-2 * stats.exponents_L, *_RIDGE_EXPONENTS))
    for j, values_N in enumerate(stats.unit_NL.T):
        train_N, test_N = np.split(values_N, [num_train])
        for k, classes_N in enumerate(classes_NK.T):
            known_N, asked_N = np.split(classes_N, [num_train])
            accuracy_LK[j, k] = held_out_accuracy(train_N, known_N, test_N, asked_N, ridge_L[j])
    return accuracy_LK
