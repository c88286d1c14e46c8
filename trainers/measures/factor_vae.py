"""The score of FactorVAE: whether the latent that varies least identifies the factor that is held.

A vote takes points that share one value of factor k (uniform over factors, the value uniform over
those that two points have) and names the latent with the smallest variance relative to its
variance over all points. Each latent then predicts the factor for which it is named most often.

    factor_vae = accuracy on fresh votes, in protocol thesis rescaled so that chance (1/K) is 0

Source: Kim & Mnih 2018, section 4; z-min-var in the code of Carbonneau et al. 2022.
Range: up to 1, higher is better; below 0 (locatello: below 1/K) where worse than chance.
Needs: a factor grid, because it holds one factor while the others vary.
Estimator: 2,000 and 1,000 votes (thesis; the review code's default is 800 and 800) or 10,000 and
    5,000 (locatello) of 200 or 64 points, from shuffled passes over the points of the value; the
    variance over all points is that of 10,000 of them. Sampled: seed s draws as the review code
    does after numpy.random.seed(s), with numpy's legacy generator, so equal numbers of votes give
    equal scores. Draws follow the factors in the order given, so a permutation of factors changes
    the score as another seed would, by about 0.01.
Failure cases: a second latent for a factor is not noticed. Latents with a standard deviation under
    0.05 (thesis) and constant ones (both) are left out; 0 if none is left. One factor, or a factor
    of which no two points share a value: MeasureError.

Shapes: E votes, S points of a vote, N points, L latents, K factors, V values of a factor."""

import numpy as np

from trainers.measures.shared.classes import Groups, check_interventions
from trainers.measures.shared.protocols import above_chance
from trainers.measures.shared.statistics import Statistics

_MAX_VARIANCE_POINTS = 10_000


def factor_vae(stats: Statistics) -> float:
    check_interventions(stats.classes)
    random = np.random.RandomState(stats.seed % 2**32)
    points_N = np.arange(stats.num_points)
    random.shuffle(points_N)
    std_L = stats.unit_NL[points_N[:_MAX_VARIANCE_POINTS]].std(axis=0, ddof=1)
    active_L = _active(stats, std_L)
    if not active_L.any():
        return 0.0
    relative_NL = stats.unit_NL[:, active_L] / std_L[active_L]
    train_KL, eval_KL = _votes(stats, relative_NL, random)
    taken_for_L = train_KL.argmax(axis=0)
    accuracy = eval_KL[taken_for_L, np.arange(len(taken_for_L))].sum() / eval_KL.sum()
    chance = 1.0 / stats.num_factors
    return above_chance(accuracy, chance) if stats.settings.rescaled else float(accuracy)


def _active(stats: Statistics, std_L: np.ndarray) -> np.ndarray:
    """Which latents are used. In logarithms, because a large latent's variance may overflow."""
    varying_L = ~stats.constant_L & (std_L > 0.0)
    if not stats.settings.min_std:
        return varying_L
    log2_std_L = np.log2(np.where(varying_L, std_L, 1.0)) + stats.exponents_L
    return varying_L & (log2_std_L >= np.log2(stats.settings.min_std))


def _votes(
    stats: Statistics, relative_NL: np.ndarray, random: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """(train_KL, eval_KL): how often each latent was named while each factor was held."""
    num_factors, num_latents = stats.num_factors, relative_NL.shape[1]
    num_train, num_eval = stats.settings.factor_votes
    train_K = np.bincount(random.randint(num_factors, size=num_train), minlength=num_factors)
    eval_K = np.bincount(random.randint(num_factors, size=num_eval), minlength=num_factors)
    train_KL, eval_KL = np.zeros((2, num_factors, num_latents), dtype=np.int64)
    for k, held in enumerate(stats.given_order_K):
        groups = stats.classes.groups_K[held].shared()
        sorted_LN = np.ascontiguousarray(relative_NL[groups.order_N].T)
        values_E = random.randint(len(groups.counts_V), size=train_K[k] + eval_K[k])
        for value in np.unique(values_E):
            training = np.count_nonzero(values_E[: train_K[k]] == value)
            num_votes = int(np.count_nonzero(values_E == value))
            points_ES = _drawn(groups, value, (num_votes, stats.settings.group_size), random)
            named_E = _least_varying(sorted_LN, points_ES)
            train_KL[k] += np.bincount(named_E[:training], minlength=num_latents)
            eval_KL[k] += np.bincount(named_E[training:], minlength=num_latents)
    return train_KL, eval_KL


def _drawn(
    groups: Groups, value: int, shape: tuple[int, int], random: np.random.RandomState
) -> np.ndarray:
    """Points of one value in shuffled passes, each of which uses every point once."""
    order_N = np.arange(groups.counts_V[value])
    passes = []
    for _ in range(-(-shape[0] * shape[1] // len(order_N))):
        random.shuffle(order_N)
        passes.append(order_N.copy())
    drawn = np.concatenate(passes)[: shape[0] * shape[1]].reshape(shape)
    return groups.starts_V[value] + drawn


def _least_varying(sorted_LN: np.ndarray, points_ES: np.ndarray) -> np.ndarray:
    """The latent of the smallest variance in each vote."""
    sums_LE = np.empty((len(sorted_LN), len(points_ES)))
    for j, column_N in enumerate(sorted_LN):
        values_ES = column_N.take(points_ES)
        values_ES -= values_ES.mean(axis=1, keepdims=True)
        sums_LE[j] = np.einsum("es,es->e", values_ES, values_ES)
    return sums_LE.argmin(axis=0)
