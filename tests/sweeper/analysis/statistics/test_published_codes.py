"""Statistics against the authors' own codes: rliable (Agarwal et al. 2021) and opda (Lourie et al.
2024). reference_values.json was made by make_reference_values.py, which needs both packages."""

import json
from pathlib import Path

import numpy as np
import pytest

from sweeper.analysis.statistics.aggregate import performance_profile, probability_of_improvement
from sweeper.analysis.statistics.spread import interquartile_mean
from sweeper.analysis.statistics.tuning import coverage, distribution_bands, tuning_curve
from sweeper.figures.best_of_n import expected_best

KNOWN = json.loads(Path(__file__).with_name("reference_values.json").read_text())
AGGREGATE, TUNING = KNOWN["aggregate"], KNOWN["tuning"]
FIRST = np.array(AGGREGATE["x_runs_tasks"]).T.tolist()  # by dataset
SECOND = np.array(AGGREGATE["y_runs_tasks"]).T.tolist()


def test_the_interquartile_mean_is_rliables():
    found = interquartile_mean(FIRST)
    assert found.mean == pytest.approx(AGGREGATE["iqm"], rel=1e-12)
    assert [found.low, found.high] == pytest.approx(AGGREGATE["iqm_interval"], abs=0.01)


def test_the_probability_of_improvement_is_rliables():
    found = probability_of_improvement(FIRST, SECOND)
    assert found.mean == pytest.approx(AGGREGATE["probability_of_improvement"], rel=1e-12)
    assert [found.low, found.high] == pytest.approx(AGGREGATE["poi_interval"], abs=0.03)


def test_the_performance_profile_is_rliables():
    points_T, low_T, high_T = performance_profile(FIRST, np.array(AGGREGATE["thresholds"]))
    assert points_T == pytest.approx(AGGREGATE["profile"], abs=1e-12)
    assert np.stack([low_T, high_T]) == pytest.approx(
        np.array(AGGREGATE["profile_interval"]), abs=0.051
    )  # steps of one run in twenty


def test_the_expected_best_is_opdas():
    scores = TUNING["scores"]
    assert expected_best(scores) == pytest.approx(TUNING["u_tuning_curve"])
    assert expected_best(scores, lower_is_better=True) == pytest.approx(TUNING["u_minimize"])


def test_the_bands_are_opdas():
    """opda finds the pointwise level by 100,000 draws; here it is exact."""
    lo, hi = distribution_bands(len(TUNING["scores"]))
    assert lo[1:] == pytest.approx(TUNING["cdf_low"], abs=3e-3)
    assert hi[1:] == pytest.approx(TUNING["cdf_high"], abs=3e-3)


def test_many_trainings_have_the_bands_of_kolmogorov_and_smirnov(monkeypatch):
    monkeypatch.setattr("sweeper.analysis.statistics.tuning.LARGEST", 5)
    distribution_bands.cache_clear()
    lo, hi = distribution_bands(len(TUNING["scores"]))
    distribution_bands.cache_clear()
    assert lo[1:] == pytest.approx(TUNING["ks_low"], abs=1e-9)
    assert hi[1:] == pytest.approx(TUNING["ks_high"], abs=1e-9)


@pytest.mark.parametrize("total", [1, 2, 3, 8])
def test_the_probability_of_all_intervals_is_exact(total):
    rng = np.random.default_rng(total)
    lo_N = np.linspace(0, 0.6, total) ** 1.5
    hi_N = np.minimum(1.0, lo_N + 0.45)
    drawn = np.sort(rng.random((400_000, total)), axis=1)
    share = ((drawn >= lo_N) & (drawn <= hi_N)).all(axis=1).mean()
    assert coverage(lo_N, hi_N) == pytest.approx(share, abs=4e-3)


def test_one_interval_is_its_length():
    assert coverage(np.array([0.2]), np.array([0.9])) == pytest.approx(0.7)


def test_the_curve_is_the_median_best_of_n_without_replacement():
    values = np.array([0.3, 0.1, 0.9, 0.5])
    curve = tuning_curve(values)
    # of two: the best is at most 0.3 in 1 of 6 pairs, at most 0.5 in 3 of 6
    assert curve.best_N.tolist() == [0.3, 0.5, 0.9, 0.9]
    assert (curve.low_N <= curve.best_N).all() and (curve.best_N <= curve.high_N).all()
    lower = tuning_curve(-values, lower_is_better=True)
    assert lower.best_N.tolist() == (-curve.best_N).tolist()
    assert lower.low_N.tolist() == (-curve.high_N).tolist()


def test_the_bands_hold_for_all_budgets_together():
    """The true curve, of uniform scores, lies in the band at every n in 95 of 100 sweeps."""
    rng, total, hits = np.random.default_rng(7), 12, 0
    lo, hi = distribution_bands(total)
    for _ in range(2_000):
        level_N = np.sort(rng.random(total))  # F at the sorted scores
        hits += bool(((lo[1:] <= level_N) & (level_N <= hi[:-1])).all())
    assert hits / 2_000 == pytest.approx(0.95, abs=0.015)
