"""The parts that measures are made of, against scikit-learn, scipy and numbers done by hand."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mutual_info_score, roc_auc_score

from trainers.measures import score
from trainers.measures.shared.auc import mean_auc
from trainers.measures.shared.classes import FactorClasses
from trainers.measures.shared.gaps import top_two_gap
from trainers.measures.shared.logistic import fit_one_versus_rest, sigmoid
from trainers.measures.shared.softmax import _MAX_DENSE, fit_softmax, softmax, with_constant
from trainers.measures.shared.statistics import Statistics

EXACT = {"tol": 1e-10, "max_iter": 20_000}


@pytest.mark.parametrize("copies", [1, 4])
def test_one_versus_rest_is_the_balanced_regression_of_scikit_learn(mixed, copies):
    """More points than the part that is fitted first, and fewer."""
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
    """More points than the subset start from it; fewer do not."""
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
def test_separable_classes_neither_overflow_nor_loop(spread):
    latents_NL = spread * np.repeat(np.eye(3), 50, axis=0)
    classes_N = np.repeat(np.arange(3), 50)
    for penalty in (1e-9, 1.0, 1e12):
        weights_DC = fit_softmax(with_constant(latents_NL), classes_N, 3, penalty)
        assert np.isfinite(weights_DC).all()


def test_auc_counts_ties_half_as_scikit_learn_does():
    random = np.random.default_rng(3)
    classes_N = random.integers(5, size=400)
    scores_NV = random.integers(0, 4, (400, 5)) + (classes_N[:, None] == np.arange(5))
    groups = FactorClasses(classes_N[:, None].astype(float)).groups_K[0]
    expected = np.mean([roc_auc_score(classes_N == v, scores_NV[:, v]) for v in range(5)])
    assert mean_auc(scores_NV.astype(float), groups) == pytest.approx(expected, abs=1e-12)


def test_explicitness_of_noiseless_codes_is_that_of_scikit_learn():
    """Whose classes no single regression separates: only normalising makes the order right."""
    factors_NK = np.tile(np.arange(6), 50)[:, None]
    latents_NL = factors_NK / 5.0
    columns = []
    for v in range(6):
        model = LogisticRegression(class_weight="balanced").fit(latents_NL, factors_NK[:, 0] == v)
        columns.append(model.predict_proba(latents_NL)[:, 1])
    p_NV = np.stack(columns, axis=1) / np.sum(columns, axis=0)[:, None]
    areas = [roc_auc_score(factors_NK[:, 0] == v, p_NV[:, v]) for v in range(6)]
    got = score(latents_NL, factors_NK, measures=["explicitness"])["explicitness"]
    assert got == pytest.approx(2.0 * (np.mean(areas) - 0.5), abs=1e-6)


@pytest.mark.parametrize("protocol", ["thesis", "locatello"])
def test_information_is_that_of_scikit_learn(protocol, mixed):
    stats = Statistics(mixed[0].astype(float), mixed[1].astype(float), protocol=protocol)
    num_bins = stats.settings.num_bins
    for j, column in enumerate(stats.unit_NL.T):
        edges = np.linspace(column.min(), column.max(), num_bins + 1)
        bins_N = np.digitize(column, edges[1:-1])
        for k, factor in enumerate(stats.factors_NK.T):
            expected = mutual_info_score(bins_N, factor)
            assert stats.information.mutual_LK[j, k] == pytest.approx(expected, abs=1e-12)


def test_information_measures_by_hand():
    """Latent 0 is factor 0 (2 values), latent 1 is half of factor 1 (4 values): with logarithms to
    base 2, I = [[1, 0], [0, 1]], H(z) = [1, 1], H(y) = [1, 2], H(z, y) = [[1, 3], [2, 2]]."""
    factors_NK = np.array([(a, b) for a in range(2) for b in range(4)] * 5)
    latents_NL = np.stack([factors_NK[:, 0], factors_NK[:, 1] // 2], axis=1).astype(float)
    names = ["mig", "mig_sup", "modularity", "dcimig", "jemmig"]
    thesis = score(latents_NL, factors_NK, measures=names)
    assert thesis["mig"] == pytest.approx(1.0)
    assert thesis["dcimig"] == pytest.approx((1 + 1) / (1 + 2))
    jemmig = np.mean([1.0 - (1 - 1) / (1 + np.log2(10)), 1.0 - (2 - 1) / (2 + np.log2(10))])
    assert thesis["jemmig"] == pytest.approx(jemmig)
    locatello = score(latents_NL, factors_NK, measures=names, protocol="locatello")
    assert locatello["mig"] == pytest.approx((1 / 1 + 1 / 2) / 2)
    assert locatello["mig_sup"] == pytest.approx((1 / 1 + 1 / 2) / 2)
    assert locatello["modularity"] == pytest.approx(1.0)


def test_dci_weighs_latents_by_their_importance():
    """One good latent, one of noise: the noise hardly counts, so disentanglement stays high."""
    random = np.random.default_rng(4)
    factors_NK = random.integers(5, size=(2000, 2))
    noise_N = random.standard_normal(2000)
    latents_NL = np.stack([*factors_NK.T, noise_N], axis=1)
    names = ["dci_disentanglement", "dci_completeness", "dci_informativeness"]
    assert all(value > 0.95 for value in score(latents_NL, factors_NK, measures=names).values())
    got = score(noise_N[:, None], factors_NK, measures=names)
    assert got["dci_informativeness"] < 0.05
    assert got["dci_completeness"] == 1.0


def test_the_gap_without_a_second_is_the_value_itself():
    matrix = np.array([[0.75, 0.25, 0.5]])
    assert top_two_gap(matrix, axis=0).tolist() == [0.75, 0.25, 0.5]
    assert top_two_gap(matrix, axis=1).tolist() == [0.25]


def test_sigmoid_has_no_edges():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]
