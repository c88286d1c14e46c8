"""Differences between models over seeds, corrected for how many are looked at."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sweeper.analysis.statistics.spread import LEVEL


@dataclass(frozen=True)
class Difference:
    """The mean of `first` less that of `second`, by Welch's test with a seed as the unit.

    low, high: the interval at the level that Holm's procedure (1979) has for this comparison.
    p: two-sided, after Holm. All NaN where either model has fewer than two seeds."""

    group: str
    first: str
    second: str
    difference: float
    low: float = math.nan
    high: float = math.nan
    p: float = math.nan

    @property
    def is_significant(self) -> bool:
        """Whether p < 0.05 after the correction."""
        return self.p < 1 - LEVEL


Models = Sequence[tuple[str, Sequence[float]]]  # (model, a value for each seed)
Interval = Callable[[float], tuple[float, float]]  # at a confidence level


def differences(groups: Sequence[tuple[str, Models]]) -> list[Difference]:
    """Every pair of models within each named group; the correction is over all pairs."""
    pairs = [
        (name, first, second)
        for name, models in groups
        for place, first in enumerate(models)
        for second in models[place + 1 :]
    ]
    tests = [_welch(first[1], second[1]) for _, first, second in pairs]
    found = []
    for (name, first, second), (p, left), (gap, _, interval) in zip(
        pairs, holm([p for _, p, _ in tests]), tests, strict=True
    ):
        low, high = interval(1 - (1 - LEVEL) / left) if left else (math.nan, math.nan)
        found.append(Difference(name, first[0], second[0], gap, low, high, p))
    return found


def holm(ps: Sequence[float]) -> list[tuple[float, int]]:
    """Holm's corrected p-values, each with the number of hypotheses that its step divides the
    level by. A p that is NaN is no hypothesis: (NaN, 0)."""
    order = sorted((i for i, p in enumerate(ps) if not math.isnan(p)), key=lambda i: ps[i])
    corrected, largest = [(math.nan, 0)] * len(ps), 0.0
    for rank, index in enumerate(order):
        left = len(order) - rank
        largest = max(largest, min(1.0, left * ps[index]))
        corrected[index] = (largest, left)
    return corrected


def _welch(first: Sequence[float], second: Sequence[float]) -> tuple[float, float, Interval]:
    """(difference of the means, p, interval): unequal variances, independent seeds.

    Seeds that both models share can only correlate their results positively; the test is then
    conservative."""
    gap = math.fsum(first) / len(first) - math.fsum(second) / len(second)
    if min(len(first), len(second)) < 2 or not math.isfinite(gap):
        return gap, math.nan, lambda level: (math.nan, math.nan)
    if len({*first}) == len({*second}) == 1:  # no spread at all
        return gap, float(gap == 0), lambda level: (gap, gap)
    from scipy.stats import ttest_ind

    test = ttest_ind(first, second, equal_var=False)

    def interval(level: float) -> tuple[float, float]:
        found = test.confidence_interval(level)
        return float(found.low), float(found.high)

    return gap, float(test.pvalue), interval
