"""Tuning curves: the score that the best of n trainings reaches, with exact bands.

Of N finished trainings with scores y_(1) <= .. <= y_(N), n are drawn without replacement. The best
of them is at most y_(i) with the probability C(i, n) / C(N, n); the curve is its median.

The bands are simultaneous for all n (Lourie et al. 2024). They come from bands of the distribution
function F of scores: lo_i <= F(y_(i)) <= hi_i for all i with the stated probability, since F(y_(i))
is the i-th of N ordered uniform numbers. lo_i and hi_i are the equal-tailed quantiles of its law,
Beta(i, N + 1 - i), at the pointwise level at which all N hold together. That probability is exact:
the numbers are a Poisson process with N points (Moscovich & Nadler 2017). Above 300 trainings the
Kolmogorov-Smirnov band takes its place. A curve's bands are those of F through the same map,
F -> C(N F, n) / C(N, n). They hold for scores that are independent draws of the search space; the
points of a grid are spread more evenly than that.

Shapes: N trainings."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from sweeper.analysis.statistics.spread import LEVEL

LARGEST = 300  # trainings of which the exact bands are computed


@dataclass(frozen=True)
class TuningCurve:
    """At 1, 2, .. N trainings: median best score and the ends of its band, infinite where the
    trainings do not bound it."""

    best_N: np.ndarray
    low_N: np.ndarray
    high_N: np.ndarray


def tuning_curve(values: np.ndarray, *, lower_is_better: bool = False) -> TuningCurve:
    """The curve of at least one finite value."""
    if lower_is_better:
        curve = tuning_curve(-np.asarray(values))
        return TuningCurve(-curve.best_N, -curve.high_N, -curve.low_N)
    sorted_N = np.sort(np.asarray(values, dtype=float))
    total = len(sorted_N)
    lo, hi = distribution_bands(total)
    ends = np.concatenate([[-np.inf], sorted_N, [np.inf]])
    curves = [_medians(ends, cdf, total) for cdf in (np.arange(total + 1) / total, hi, lo)]
    return TuningCurve(*curves)


def _medians(ends: np.ndarray, cdf: np.ndarray, total: int) -> np.ndarray:
    """(N,) the least score at which the best of n is not exceeded with a probability of 1/2.

    ends: -inf, the sorted scores, inf.  cdf: F at and above each of the first N + 1 of them."""
    from scipy.special import gammaln

    counts = total * cdf[:, None]
    tried_N = np.arange(1, total + 1)[None]
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = (
            gammaln(counts + 1)
            - gammaln(np.maximum(counts - tried_N, 0) + 1)
            - gammaln(total + 1)
            + gammaln(total - tried_N + 1)
        )
    reached = (counts >= tried_N - 1e-9) & (logs >= np.log(0.5) - 1e-9)
    first_N = np.where(reached.any(axis=0), reached.argmax(axis=0), total + 1)
    return ends[first_N]


@cache
def distribution_bands(total: int, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """(N + 1,) each: bounds of F below the first score, from the first to the second, .."""
    if total > LARGEST:
        from scipy.stats import kstwo

        steps = np.arange(total + 1) / total
        width = float(kstwo(total).ppf(level))
        return np.clip(steps - width, 0, 1), np.clip(steps + width, 0, 1)
    from scipy.optimize import brentq
    from scipy.special import betaincinv

    places = np.arange(1, total + 1)

    def bounds(pointwise: float) -> tuple[np.ndarray, np.ndarray]:
        tail = (1 - pointwise) / 2
        shape = (places, total + 1 - places)
        return betaincinv(*shape, tail), betaincinv(*shape, 1 - tail)

    pointwise = brentq(lambda p: coverage(*bounds(p)) - level, level, 1 - 1e-9, xtol=1e-8)
    lo_N, hi_N = bounds(pointwise)
    return np.concatenate([[0.0], lo_N]), np.concatenate([hi_N, [1.0]])


def coverage(lo_N: np.ndarray, hi_N: np.ndarray) -> float:
    """The probability that every one of N ordered uniform numbers lies in its interval."""
    from scipy.stats import poisson

    total = len(lo_N)
    times = np.unique(np.concatenate([lo_N, hi_N, [1.0]]))
    mass, before = np.zeros(total + 1), 0.0
    mass[0] = 1.0
    places = np.arange(total + 1)
    for time in times:
        steps = poisson.pmf(places, total * (time - before))
        mass = np.convolve(mass, steps)[: total + 1]
        least = np.searchsorted(hi_N, time, side="right")  # numbers that must have come
        most = np.searchsorted(lo_N, time, side="left")  # that may have come
        most = max(most, np.searchsorted(lo_N, time, side="right")) if time >= 1 else most
        mass[(places < least) | (places > most)] = 0.0
        before = time
    return float(mass[total] / poisson.pmf(total, total))
