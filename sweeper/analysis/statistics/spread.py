"""Mean, standard deviation and bootstrap interval over seeds, and the mean of several datasets.

Intervals are percentile bootstraps (Efron & Tibshirani 1993, section 13.3) of `RESAMPLES`
resamples. A seed is the unit: milestones of one training are not independent of each other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

LEVEL = 0.95
RESAMPLES = 9_999


@dataclass(frozen=True)
class Spread:
    """A mean over n seeds, its standard deviation (n - 1), and its 95% bootstrap interval.

    With one seed the deviation and the interval are NaN."""

    n: int
    mean: float
    sd: float = math.nan
    low: float = math.nan
    high: float = math.nan


def spread(values: Sequence[float], seed: int = 0) -> Spread:
    """The spread of at least one value. Values that are not finite make all of it NaN.

    seed: of the resamples; the same values and seed give the same interval."""
    n = len(values)
    assert n > 0, "a spread needs at least one value"
    mean = math.fsum(values) / n if all(map(math.isfinite, values)) else math.nan
    if n == 1 or math.isnan(mean):
        return Spread(n, mean)
    sd = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    import numpy as np

    low, high = _bootstrap((values,), np.mean, seed)
    return Spread(n, mean, sd, low, high)


def student_interval(values: Sequence[float]) -> Spread:
    """The mean of at least one finite value with Student's t interval (normal values)."""
    n, mean = len(values), math.fsum(values) / len(values)
    if n == 1:
        return Spread(n, mean)
    sd = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    from scipy.special import stdtrit

    half = float(stdtrit(n - 1, (1 + LEVEL) / 2)) * sd / math.sqrt(n)
    return Spread(n, mean, sd, mean - half, mean + half)


def interquartile_mean(values_by_dataset: Sequence[Sequence[float]], seed: int = 0) -> Spread:
    """The mean of the middle half of all values, with an interval stratified by dataset: seeds are
    resampled within each (Agarwal et al. 2021, section 4.3). sd is NaN.

    values_by_dataset: finite values, one for each seed; NaN interval where no dataset has two."""
    import numpy as np
    from scipy.stats import trim_mean

    every = [value for values in values_by_dataset for value in values]
    mean = float(trim_mean(every, 0.25))
    several = [values for values in values_by_dataset if len(values) > 1]
    single = np.array([values[0] for values in values_by_dataset if len(values) == 1])
    if not several:
        return Spread(len(every), mean)

    def statistic(*samples: "np.ndarray", axis: int) -> Any:
        fixed = np.broadcast_to(single, (*samples[0].shape[:-1], len(single)))
        return trim_mean(np.concatenate([*samples, fixed], axis=axis), 0.25, axis=axis)

    low, high = _bootstrap(several, statistic, seed)
    return Spread(len(every), mean, math.nan, low, high)


def _bootstrap(
    samples: Sequence[Sequence[float]], statistic: Any, seed: int
) -> tuple[float, float]:
    """Each sample, of two values or more, is resampled on its own."""
    import numpy as np
    from scipy.stats import bootstrap

    found = bootstrap(
        samples,
        statistic,
        n_resamples=RESAMPLES,
        confidence_level=LEVEL,
        method="percentile",
        vectorized=True,
        random_state=np.random.default_rng(seed),
    ).confidence_interval
    return float(found.low), float(found.high)
