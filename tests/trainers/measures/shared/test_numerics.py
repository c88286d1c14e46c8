"""The parts that measures are made of, against scikit-learn, scipy and numbers done by hand."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mutual_info_score, roc_auc_score

from trainers.measures import score
from trainers.measures.shared.auc import mean_auc
from trainers.measures.shared.classes import FactorClasses
from trainers.measures.shared.gaps import top_two_gap
from trainers.measures.shared.statistics import Statistics


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
