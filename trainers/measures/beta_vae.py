"""The score of beta-VAE: can a linear classifier tell which factor a set of pairs shares?

An example is the mean over pairs of |z - z'|, where the two points of each pair share a value of
factor k, uniform over factors; the value is uniform over those that two points have. A
multinomial logistic regression (L2, C = 1, on unscaled latents) learns k.

    beta_vae = accuracy on fresh examples, in protocol thesis rescaled so that chance (1/K) is 0

Higgins et al. 2017, section 3, as z-diff in the review code. Up to 1, higher is better, below 0
when worse than chance. It holds a factor and lets the others vary, so it needs points from the
whole grid of factors. 200 pairs (thesis) or 64 (locatello), 10,000 training and 5,000 evaluation
examples; seeds differ by about 0.01 at most. Saturates: rotated codes reach 0.99. Latents without
spread: chance.

Departure: pairs are drawn one by one, two different points uniform among those of the value; the
review code shuffles all points of a value again and again and pairs them off, which draws the
same pairs but uses all points equally often.

Shapes: E examples, P pairs of an example, L latents, K factors, V values of a factor."""

import numpy as np

from trainers.measures.classifiers.softmax import fit_softmax, with_constant
from trainers.measures.shared.classes import Groups, check_interventions
from trainers.measures.shared.protocols import above_chance
from trainers.measures.shared.statistics import Statistics
from trainers.seeds import random_stream

_BLOCK_PAIRS = 1 << 13  # arrays of 64 kB: above 128 kB each would be fresh memory, paged in anew
_PENALTY_RANGE = (1e-9, 1e12)  # beyond it, a latent's scale decides nothing any more


def beta_vae(stats: Statistics) -> float:
    num_factors = stats.num_factors
    check_interventions(stats.classes)
    random = random_stream(stats.seed, "measure/beta_vae")
    num_train, num_eval = stats.settings.beta_examples
    factors_E = random.integers(num_factors, size=num_train + num_eval)
    features_EL = np.empty((len(factors_E), stats.unit_NL.shape[1]))
    for k in range(num_factors):
        chosen = np.flatnonzero(factors_E == k)
        features_EL[chosen] = _differences(stats, k, len(chosen), random)
    accuracy = _accuracy(stats, features_EL, factors_E, num_train)
    return above_chance(accuracy, 1.0 / num_factors) if stats.settings.rescaled else accuracy


def _accuracy(
    stats: Statistics, features_EL: np.ndarray, factors_E: np.ndarray, num_train: int
) -> float:
    """Of the regression fitted to the first examples, on the others."""
    spread_L = features_EL[:num_train].std(axis=0)
    safe_L = np.where(spread_L > 0.0, spread_L, 1.0)
    # Standardised features learn faster. To leave the minimum where it is, each coefficient's
    # penalty is divided by the square of its feature's unscaled spread.
    log2_spread_L = np.log2(safe_L) + stats.exponents_L
    penalty_L = np.exp2(np.clip(-2.0 * log2_spread_L, *np.log2(_PENALTY_RANGE)))
    features_ED = with_constant((features_EL - features_EL[:num_train].mean(axis=0)) / safe_L)
    present, classes = np.unique(factors_E[:num_train], return_inverse=True)
    weights_DC = fit_softmax(features_ED[:num_train], classes, len(present), penalty_L)
    guessed = present[(features_ED[num_train:] @ weights_DC).argmax(axis=1)]
    return float(np.mean(guessed == factors_E[num_train:]))


def _differences(
    stats: Statistics, k: int, num_examples: int, random: np.random.Generator
) -> np.ndarray:
    """Mean absolute differences of pairs that share a value of factor k: (num_examples, L)."""
    groups = stats.classes.groups_K[k].shared()
    sorted_LN = np.ascontiguousarray(stats.unit_NL[groups.order_N].T)
    num_pairs = stats.settings.group_size
    block = max(_BLOCK_PAIRS // num_pairs, 1)
    means_LE = np.empty((len(sorted_LN), num_examples))
    for start in range(0, num_examples, block):
        stop = min(start + block, num_examples)
        first, second = _pairs(groups, (stop - start, num_pairs), random)
        for j, column_N in enumerate(sorted_LN):
            apart = column_N.take(first) - column_N.take(second)
            np.einsum("ep->e", np.abs(apart, out=apart), out=means_LE[j, start:stop])
    return means_LE.T / num_pairs


def _pairs(
    groups: Groups, shape: tuple[int, int], random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Positions, in the order sorted by value, of two different points of a uniform value.

    One uniform number gives all three, as digits of mixed base: value, first and second point.
    It has 53 bits, of which a million points take 40, so all pairs stay equally likely."""
    digits = random.random(shape) * len(groups.counts_V)
    value = digits.astype(np.int64)
    count, offset = groups.counts_V[value], groups.starts_V[value]
    digits -= value
    digits *= count
    first = digits.astype(np.int64)
    digits -= first
    digits *= count - 1
    second = digits.astype(np.int64)
    second += second >= first  # skips the first point
    first += offset
    second += offset
    return first, second
