"""The score of beta-VAE: how well a linear classifier recognises the factor that pairs share.

An example is the mean over pairs of |z - z'|, where the two points of each pair share a value of
factor k. The factor is uniform over factors, the value uniform over those that two points have. A
multinomial logistic regression (L2, C = 1, on unscaled latents) predicts k.

    beta_vae = accuracy on fresh examples, in protocol thesis rescaled so that chance (1/K) is 0

Source: Higgins et al. 2017, section 3; z-diff in the code of Carbonneau et al. 2022.
Range: up to 1, higher is better; below 0 (locatello: below 1/K) where worse than chance.
Needs: a factor grid, because it holds one factor while the others vary.
Estimator: 200 pairs (thesis) or 64 (locatello), 10,000 training and 5,000 evaluation examples; it
    is sampled, and seeds differ by at most about 0.01.
Failure cases: it saturates, as rotated codes reach 0.99; constant latents score chance. One factor,
    or a factor of which no two points share a value: MeasureError.
Departure: pairs are drawn independently, two different points uniform among those of the value. The
    review code shuffles all points of a value repeatedly and pairs them off, which draws the same
    pairs but uses all points equally often.

Shapes: E examples, P pairs of an example, L latents, K factors, V values of a factor."""

import numpy as np

from trainers.measures.classifiers.softmax import fit_softmax, with_constant
from trainers.measures.shared.classes import Groups, check_interventions
from trainers.measures.shared.protocols import above_chance
from trainers.measures.shared.statistics import Statistics
from trainers.seeds import random_stream

_BLOCK_PAIRS = 1 << 13  # arrays of 64 kB; above 128 kB each is mapped again
_PENALTY_RANGE = (1e-9, 1e12)  # beyond it, a latent's scale no longer decides anything


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
    """The accuracy on later examples of the regression fitted to the first `num_train`."""
    spread_L = features_EL[:num_train].std(axis=0)
    safe_L = np.where(spread_L > 0.0, spread_L, 1.0)
    # Standardised features converge faster. The minimum stays the same because each coefficient's
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

    One uniform number gives all three, as digits of a mixed base: value, first and second point.
    It has 53 bits, of which a million points need 40, so all pairs are equally likely."""
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
