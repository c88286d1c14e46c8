"""Mean, standard deviation and interval over seeds, and the test of two means."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

LEVEL = 0.95


@dataclass(frozen=True)
class Spread:
    """A mean over n seeds, its standard deviation (n - 1), and its 95% t-interval.

    With one seed the deviation and the interval are NaN."""

    n: int
    mean: float
    sd: float = math.nan
    low: float = math.nan
    high: float = math.nan

    def half_width(self) -> float:
        """Half of the interval: mean +- half_width."""
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class WelchTest:
    """Welch's two-sided t-test of two means. p is NaN where either has fewer than two seeds."""

    difference: float
    p: float

    @property
    def is_significant(self) -> bool:
        """Whether p < 0.05."""
        return self.p < 1 - LEVEL


def spread(values: Sequence[float]) -> Spread:
    """The spread of at least one value. Values that are not finite make all of it NaN."""
    n = len(values)
    assert n > 0, "a spread needs at least one value"
    mean = math.fsum(values) / n if all(map(math.isfinite, values)) else math.nan
    if n == 1 or math.isnan(mean):
        return Spread(n, mean)
    sd = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    from scipy.stats import t

    half = float(t.ppf((1 + LEVEL) / 2, n - 1)) * sd / math.sqrt(n)
    return Spread(n, mean, sd, mean - half, mean + half)


def welch(first: Sequence[float], second: Sequence[float]) -> WelchTest:
    """Welch's t-test: unequal variances, seeds taken as independent between the models.

    Seeds that both models share can only correlate their results positively; the test is then
    conservative."""
    one, two = spread(first), spread(second)
    difference = one.mean - two.mean
    if one.n < 2 or two.n < 2 or math.isnan(difference):
        return WelchTest(difference, math.nan)
    if one.sd == two.sd == 0:
        return WelchTest(difference, 1.0 if difference == 0 else 0.0)
    from scipy.stats import ttest_ind

    return WelchTest(difference, float(ttest_ind(first, second, equal_var=False).pvalue))
