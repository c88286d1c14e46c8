"""The score of a selection on seeds that did not select.

For each seed s the configuration is chosen by its score on the other seeds, and read at s:

    estimate = mean over s of Y[c(s), s],  c(s) = argmax_k statistic_{t != s} X[k, t]

No reading was looked at by the choice that it stands for, so that the estimate is unbiased for the
score of a configuration chosen on S - 1 seeds (leave-one-out cross-validation; Stone 1974).
The interval repeats the choice: seeds are drawn with replacement, all copies of a seed are left out
together, and a seed that is the only one drawn is read at the choice of all others (percentile
bootstrap; Efron & Tibshirani 1993, section 13.3).

Shapes: K configurations, S seeds, R distinct draws."""

from dataclasses import dataclass

import numpy as np

from sweeper.analysis.statistics.spread import LEVEL, Spread

RESAMPLES = 2_000


@dataclass(frozen=True)
class Folds:
    """Choices on all seeds but one. chosen_S: c(s).  chosen_RS: the same for each distinct draw of
    seeds.  counts_RS: how often the draw has each seed.  draws: of each resample, its draw."""

    chosen_S: np.ndarray
    chosen_RS: np.ndarray
    counts_RS: np.ndarray
    draws: np.ndarray

    def spread(self, values_KS: np.ndarray) -> Spread:
        """Mean of the readings, their standard deviation, and the bootstrap's interval. All NaN
        where a reading is not finite."""
        seeds_S = np.arange(values_KS.shape[1])
        read_S = values_KS[self.chosen_S, seeds_S]
        mean = float(read_S.mean())
        if not np.isfinite(mean):
            return Spread(len(read_S), float("nan"))
        read_RS = np.where(self.counts_RS > 0, values_KS[self.chosen_RS, seeds_S], 0.0)
        means = (read_RS * self.counts_RS).sum(axis=1)[self.draws] / len(seeds_S)
        low, high = np.nanquantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Spread(len(read_S), mean, float(read_S.std(ddof=1)), float(low), float(high))


def make_folds(
    scores_KS: np.ndarray, *, lower_is_better: bool = False, median: bool = False, seed: int = 0
) -> Folds:
    """scores_KS: finite, S at least 2; of equal scores the first configuration is chosen.
    median: the statistic over seeds, in place of the mean.  seed: of the resamples."""
    gains_KS = -scores_KS if lower_is_better else scores_KS
    num_seeds = scores_KS.shape[1]
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(num_seeds, np.full(num_seeds, 1 / num_seeds), RESAMPLES)
    counts_RS, draws = np.unique(drawn, axis=0, return_inverse=True)
    return Folds(
        _choices(gains_KS, np.ones((1, num_seeds), int), median)[0],
        _choices(gains_KS, counts_RS, median),
        counts_RS,
        draws.reshape(-1),
    )


def _choices(gains_KS: np.ndarray, counts_RS: np.ndarray, median: bool) -> np.ndarray:
    """(R, S) the configuration chosen without each seed, by each draw."""
    chosen = []
    for left_out in range(gains_KS.shape[1]):
        kept_RS = counts_RS.copy()
        kept_RS[:, left_out] = 0
        is_empty = kept_RS.sum(axis=1) == 0
        kept_RS[is_empty] = 1
        kept_RS[is_empty, left_out] = 0
        gains_RK = _medians(gains_KS, kept_RS) if median else kept_RS @ gains_KS.T
        chosen.append(gains_RK.argmax(axis=1))
    return np.stack(chosen, axis=1)


def _medians(values_KS: np.ndarray, counts_RS: np.ndarray) -> np.ndarray:
    """(R, K) the median of each row of values, each counted as often as the draw says."""
    order_KS = values_KS.argsort(axis=1)
    sorted_KS = np.take_along_axis(values_KS, order_KS, axis=1)
    totals_R1 = counts_RS.sum(axis=1, keepdims=True)
    found = []
    for values_S, order_S in zip(sorted_KS, order_KS, strict=True):
        reached_RS = counts_RS[:, order_S].cumsum(axis=1)
        middle = [(reached_RS > (totals_R1 - 1 + k) // 2).argmax(axis=1) for k in (0, 1)]
        found.append((values_S[middle[0]] + values_S[middle[1]]) / 2)
    return np.stack(found, axis=1)
