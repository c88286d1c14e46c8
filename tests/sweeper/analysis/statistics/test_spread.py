"""Intervals over seeds: against scipy, against cases known by hand, and where there is none."""

import math

import numpy as np
import pytest
from scipy import stats

from sweeper.analysis.statistics.spread import interquartile_mean, spread


def test_the_interval_is_that_of_scipys_bootstrap():
    values = [0.52, 0.61, 0.58, 0.49, 0.55]
    found = spread(values, seed=3)
    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", random_state=np.random.default_rng(4)
    ).confidence_interval  # another seed: equal within the error of the resamples
    assert (found.n, found.mean) == (5, pytest.approx(np.mean(values)))
    assert found.sd == pytest.approx(np.std(values, ddof=1))
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.003)
    assert found == spread(values, seed=3)


def test_one_seed_has_no_spread():
    found = spread([0.5])
    assert found.mean == 0.5 and math.isnan(found.sd) and math.isnan(found.low)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_value_that_is_not_finite_makes_the_mean_nan(bad):
    assert math.isnan(spread([0.5, bad]).mean)


def test_the_interquartile_mean_leaves_the_outer_quarters_out():
    found = interquartile_mean([[0.0, 0.4, 0.6, 9.0]])
    assert found.mean == pytest.approx(0.5)


def test_seeds_are_resampled_within_their_dataset():
    """Datasets without any spread of their own give an interval of no width, however far apart."""
    found = interquartile_mean([[0.1, 0.1, 0.1], [0.9, 0.9, 0.9]])
    assert found.low == found.high == pytest.approx(found.mean)
    mixed = interquartile_mean([[0.1, 0.2, 0.3], [0.9]])  # the middle two of four
    assert mixed.mean == pytest.approx(0.25) and 0.1 <= mixed.low < 0.25 < mixed.high <= 0.3
    assert math.isnan(interquartile_mean([[0.1], [0.9]]).low)
