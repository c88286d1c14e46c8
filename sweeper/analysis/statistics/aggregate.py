"""Scores of one model over several datasets (Agarwal et al. 2021), with a seed as the unit.

    probability of improvement  P(X > Y) = mean_d mean_ij [x_di > y_dj] + [x_di = y_dj] / 2
    performance profile         F(tau) = mean_d mean_i [x_di > tau]

The interquartile mean is `spread.interquartile_mean`. Intervals are percentile bootstraps in which
seeds are drawn with replacement within each dataset (stratified; their section 4.3).

Shapes: D datasets, S seeds of one, T thresholds, R resamples."""

from collections.abc import Sequence

import numpy as np

from sweeper.analysis.statistics.spread import LEVEL, Spread

RESAMPLES = 2_000
Scores = Sequence[Sequence[float]]  # of each dataset, a score for each seed; higher is better


def probability_of_improvement(first: Scores, second: Scores, seed: int = 0) -> Spread:
    """How often a run of the first model is better than one of the second on the same dataset.

    first, second: the same datasets. NaN interval where no dataset has two seeds of either."""
    rng = np.random.default_rng(seed)
    points, resampled_R = [], np.zeros(RESAMPLES)
    for one, two in zip(first, second, strict=True):
        x_S1, y_1S = np.asarray(one)[:, None], np.asarray(two)[None]
        better_SS = (x_S1 > y_1S) + 0.5 * (x_S1 == y_1S)
        points.append(better_SS.mean())
        weights = [_weights(rng, count) for count in better_SS.shape]
        resampled_R += np.einsum("ri,ij,rj->r", weights[0], better_SS, weights[1])
    n = sum(map(len, first)) + sum(map(len, second))
    has_interval = any(len(own) > 1 for own in (*first, *second))
    low, high = _interval(resampled_R / len(first)) if has_interval else (np.nan, np.nan)
    return Spread(n, float(np.mean(points)), float("nan"), float(low), float(high))


def performance_profile(
    scores: Scores, thresholds_T: np.ndarray, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(T,) each: the profile, and the ends of its pointwise interval."""
    rng = np.random.default_rng(seed)
    points_T, resampled_RT = np.zeros(len(thresholds_T)), np.zeros((RESAMPLES, len(thresholds_T)))
    for own in scores:
        above_ST = np.asarray(own)[:, None] > thresholds_T
        points_T += above_ST.mean(axis=0) / len(scores)
        resampled_RT += _weights(rng, len(own)) @ above_ST / len(scores)
    low_T, high_T = _interval(resampled_RT)
    return points_T, low_T, high_T


def _weights(rng: np.random.Generator, count: int) -> np.ndarray:
    """(R, S) the share of each seed in each resample."""
    return rng.multinomial(count, np.full(count, 1 / count), RESAMPLES) / count


def _interval(values: np.ndarray) -> np.ndarray:
    return np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
