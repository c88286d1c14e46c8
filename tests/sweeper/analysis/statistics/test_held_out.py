"""Scores on seeds that did not choose: by enumeration, and against simulations of known means."""

import math
from itertools import product

import numpy as np
import pytest

from sweeper.analysis.statistics.held_out import make_folds

SD = 0.04  # between seeds of one configuration


def by_hand(scores_KS, statistic=np.mean):
    """Mean over seeds of the score of the configuration that the others choose."""
    seeds = range(scores_KS.shape[1])
    read = []
    for s in seeds:
        others = [[row[t] for t in seeds if t != s] for row in scores_KS]
        read.append(scores_KS[int(np.argmax([statistic(own) for own in others]))][s])
    return float(np.mean(read))


@pytest.mark.parametrize(("median", "statistic"), [(False, np.mean), (True, np.median)])
@pytest.mark.parametrize("shape", [(1, 2), (4, 2), (5, 3), (36, 5), (6, 10)])
def test_each_seed_is_read_at_what_the_others_choose(shape, median, statistic):
    scores_KS = np.random.default_rng(sum(shape)).normal(size=shape)
    folds = make_folds(scores_KS, median=median)
    assert folds.spread(scores_KS).mean == pytest.approx(by_hand(scores_KS, statistic))
    lower = make_folds(-scores_KS, lower_is_better=True, median=median)
    assert (lower.chosen_S == folds.chosen_S).all()


def test_the_interval_repeats_the_choice_on_every_draw_of_seeds():
    """With three seeds all 27 draws can be enumerated; copies of a seed are left out together."""
    scores_KS = np.random.default_rng(3).normal(size=(4, 3))

    def estimate(draw):
        read = []
        for s in draw:
            others = [t for t in draw if t != s] or [t for t in range(3) if t != s]
            read.append(scores_KS[int(np.argmax(scores_KS[:, others].mean(axis=1)))][s])
        return np.mean(read)

    exact = {round(float(estimate(draw)), 12) for draw in product(range(3), repeat=3)}
    folds = make_folds(scores_KS)
    read_RS = scores_KS[folds.chosen_RS, np.arange(3)] * folds.counts_RS
    assert {round(float(value), 12) for value in read_RS.sum(axis=1) / 3} == exact
    found = folds.spread(scores_KS)
    assert min(exact) <= found.low <= found.mean <= found.high <= max(exact)


def test_other_columns_are_read_at_the_same_choices_and_gaps_are_undefined():
    scores_KS = np.array([[0.9, 0.1], [0.5, 0.6]])
    folds = make_folds(scores_KS)
    assert folds.chosen_S.tolist() == [1, 0]
    assert folds.spread(np.array([[1.0, 2.0], [3.0, 4.0]])).mean == 2.5
    assert math.isnan(folds.spread(np.array([[1.0, np.nan], [3.0, 4.0]])).mean)
    assert folds.spread(np.array([[np.nan, 2.0], [3.0, np.nan]])).mean == 2.5


@pytest.mark.parametrize("num_seeds", [2, 3, 10])
def test_held_out_seeds_are_unbiased_where_the_maximum_is_not(num_seeds):
    """36 equal configurations with mean 0: the held-out mean is 0, the maximum is not. The bias of
    the maximum is the expected maximum of 36 means of seeds (2.12 standard errors)."""
    rng, draws = np.random.default_rng(0), 4_000
    scores = rng.normal(0, SD, (draws, 36, num_seeds))
    held = []
    for scores_KS in scores:
        sums_K1 = scores_KS.sum(axis=1, keepdims=True)
        chosen_S = (sums_K1 - scores_KS).argmax(axis=0)  # as make_folds, without its resamples
        held.append(scores_KS[chosen_S, np.arange(num_seeds)].mean())
    assert (make_folds(scores[-1]).chosen_S == chosen_S).all()
    error = np.std(held) / math.sqrt(draws)
    assert abs(np.mean(held)) < 4 * error < 0.003
    assert scores.mean(axis=2).max(axis=1).mean() == pytest.approx(
        2.12 * SD / math.sqrt(num_seeds), rel=0.03
    )


def test_the_interval_covers_the_true_mean_of_what_is_chosen():
    """10 seeds, one configuration clearly best: close to the stated 95%, as a percentile bootstrap
    of 10 values is (87% to 93% in simulations)."""
    rng, hits = np.random.default_rng(1), 0
    for _ in range(200):
        scores_KS = rng.normal(0, SD, (3, 10)) + np.array([[0.0], [0.3], [0.1]])
        found = make_folds(scores_KS).spread(scores_KS)
        hits += found.low <= 0.3 <= found.high
    assert 0.82 <= hits / 200 <= 0.99


def test_the_same_seed_gives_the_same_interval():
    scores_KS = np.random.default_rng(5).normal(size=(8, 9))
    first, again, other = (make_folds(scores_KS, seed=s).spread(scores_KS) for s in (1, 1, 2))
    assert first == again and (first.low, first.high) != (other.low, other.high)
