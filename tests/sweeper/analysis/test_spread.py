"""Intervals and tests against scipy, and the cases where nothing can be told."""

import math

import numpy as np
import pytest
from scipy import stats

from sweeper.analysis.spread import spread, welch


def test_the_interval_is_scipys_t_interval():
    values = [0.52, 0.61, 0.58, 0.49, 0.55]
    found = spread(values)
    low, high = stats.t.interval(0.95, 4, loc=np.mean(values), scale=stats.sem(values))
    assert (found.n, found.mean) == (5, pytest.approx(np.mean(values)))
    assert found.sd == pytest.approx(np.std(values, ddof=1))
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_welch_is_scipys():
    rng = np.random.default_rng(0)
    one, two = rng.normal(0.6, 0.02, 5).tolist(), rng.normal(0.57, 0.05, 8).tolist()
    theirs = stats.ttest_ind(one, two, equal_var=False)
    assert welch(one, two).p == pytest.approx(theirs.pvalue)
    assert welch(one, two).difference == pytest.approx(np.mean(one) - np.mean(two))


def test_one_seed_tells_nothing_of_its_spread():
    found = spread([0.5])
    assert found.mean == 0.5 and math.isnan(found.sd) and math.isnan(found.low)
    assert math.isnan(welch([0.5], [0.1, 0.2]).p) and not welch([0.5], [0.1, 0.2]).is_significant


def test_seeds_without_any_spread():
    assert welch([0.5, 0.5], [0.5, 0.5]).p == 1.0
    assert welch([0.5, 0.5], [0.4, 0.4]).is_significant


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_value_that_is_not_finite_spoils_the_mean_instead_of_vanishing(bad):
    assert math.isnan(spread([0.5, bad]).mean)
    assert math.isnan(welch([0.5, bad], [0.4, 0.6]).p)
