"""Differences between models: Welch by scipy, Holm by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from sweeper.analysis.statistics.significance import differences, holm


def test_welch_is_scipys():
    rng = np.random.default_rng(0)
    one, two = rng.normal(0.6, 0.02, 5).tolist(), rng.normal(0.57, 0.05, 8).tolist()
    theirs = stats.ttest_ind(one, two, equal_var=False)
    [found] = differences([("dsprites", [("vae", one), ("l_vae", two)])])
    interval = theirs.confidence_interval(0.95)
    assert (found.first, found.second) == ("vae", "l_vae")
    assert found.p == pytest.approx(theirs.pvalue)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.difference == pytest.approx(np.mean(one) - np.mean(two))


def test_holm_by_hand():
    """Holm 1979: the smallest p times 4, the next times 3 and so on, never falling."""
    corrected = holm([0.01, 0.04, math.nan, 0.03, 0.005])
    assert [p for p, _ in corrected if p == p] == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert [left for _, left in corrected] == [3, 1, 0, 2, 4]


def test_more_comparisons_widen_the_intervals_of_all():
    rng = np.random.default_rng(1)
    models = [(name, rng.normal(0.5, 0.1, 5).tolist()) for name in "abc"]
    [alone] = differences([("d", models[:2])])
    among = differences([("d", models), ("e", models)])
    assert len(among) == 6
    assert among[0].p >= alone.p and among[0].high - among[0].low >= alone.high - alone.low


def test_one_seed_is_no_test_and_no_comparison():
    found = differences([("d", [("a", [0.5]), ("b", [0.1, 0.2]), ("c", [0.3, 0.35])])])
    assert [math.isnan(one.p) for one in found] == [True, True, False]
    assert not found[0].is_significant
    alone = differences([("d", [("b", [0.1, 0.2]), ("c", [0.3, 0.35])])])
    assert found[2].p == alone[0].p


def test_seeds_without_any_spread():
    equal, apart = differences([("d", [("a", [0.5, 0.5]), ("b", [0.5, 0.5])]),
                                ("e", [("a", [0.5, 0.5]), ("b", [0.4, 0.4])])])  # fmt: skip
    assert equal.p == 1.0 and apart.is_significant
