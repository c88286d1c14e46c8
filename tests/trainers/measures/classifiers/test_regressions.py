"""Logistic regressions against scikit-learn's."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from trainers.measures.classifiers.logistic import fit_one_versus_rest, sigmoid
from trainers.measures.classifiers.softmax import _MAX_DENSE, fit_softmax, softmax, with_constant
from trainers.measures.shared.statistics import Statistics

EXACT = {"tol": 1e-10, "max_iter": 20_000}


@pytest.mark.parametrize("copies", [1, 4])
def test_one_versus_rest_is_the_balanced_regression_of_scikit_learn(mixed, copies):
    """With more points than the subset that is fitted first, and with fewer."""
    latents_NL, factors_NK = (np.tile(array, (copies, 1)) for array in mixed)
    stats = Statistics(latents_NL.astype(float), factors_NK.astype(float))
    weights_DC = fit_one_versus_rest(
        with_constant(stats.spans_NL), stats.classes.numbered_NK, stats.classes.total
    )
    for c in range(stats.classes.total):
        inside = (stats.classes.numbered_NK == c).any(axis=1)
        model = LogisticRegression(class_weight="balanced", **EXACT).fit(stats.spans_NL, inside)
        expected = np.append(model.coef_[0], model.intercept_)
        assert weights_DC[:, c] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("num_classes", [2, 4])
@pytest.mark.parametrize("num_points", [300, 9000])
def test_softmax_is_the_multinomial_regression_of_scikit_learn(num_classes, num_points):
    """With more points than the subset that is fitted first, and with fewer."""
    random = np.random.default_rng(1)
    latents_NL = random.standard_normal((num_points, 3)) * [1.0, 0.5, 2.0]
    noisy_N = latents_NL @ [1.0, -1.0, 0.3] + 0.5 * random.standard_normal(num_points)
    classes_N = np.digitize(noisy_N, np.linspace(-1, 1, num_classes + 1)[1:-1])
    model = LogisticRegression(**EXACT).fit(latents_NL, classes_N)
    got_NC, _ = softmax(
        with_constant(latents_NL) @ fit_softmax(with_constant(latents_NL), classes_N, num_classes)
    )
    assert got_NC == pytest.approx(model.predict_proba(latents_NL), abs=1e-3)


def test_softmax_of_many_coefficients_finds_the_same_minimum():
    random = np.random.default_rng(2)
    latents_NL = random.standard_normal((800, 40))
    classes_N = np.argmax(latents_NL[:, :16] + random.standard_normal((800, 16)), axis=1)
    features_ND = with_constant(latents_NL)
    assert features_ND.shape[1] * 16 > _MAX_DENSE
    got_NC, _ = softmax(features_ND @ fit_softmax(features_ND, classes_N, 16))
    expected = LogisticRegression(**EXACT).fit(latents_NL, classes_N).predict_proba(latents_NL)
    assert got_NC == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("spread", [1e-12, 1e6])
def test_separable_classes_give_finite_coefficients(spread):
    latents_NL = spread * np.repeat(np.eye(3), 50, axis=0)
    classes_N = np.repeat(np.arange(3), 50)
    for penalty in (1e-9, 1.0, 1e12):
        weights_DC = fit_softmax(with_constant(latents_NL), classes_N, 3, penalty)
        assert np.isfinite(weights_DC).all()


def test_sigmoid_of_large_logits_gives_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]
