"""The split of a dataset into training, validation and test images, and its minibatches.

Shapes: B batch, N points. Both are pure functions of the seeds and do not depend on the steps
drawn before."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from trainers.errors import ConfigError
from trainers.factor_splits import FactorSplit, problems
from trainers.seeds import random_stream
from trainers.specs.datasets import DatasetSpec


@dataclass(frozen=True)
class Split:
    """Index sets of one dataset, each in its shuffled order. They are disjoint, but for a split
    without validation images: there the images to train on are scored."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


@lru_cache(maxsize=2)  # a worker's trainings share it
def split(num_images: int, *, seed: int, validation_fraction: float, test_fraction: float) -> Split:
    """A seeded permutation cut in three, read-only; validation and test come off its front.

    validation_fraction 0: validation is the training set itself, as in Locatello et al. 2019."""
    order = random_stream(seed, "split").permutation(num_images)
    order.flags.writeable = False
    num_validation = int(num_images * validation_fraction)
    num_test = int(num_images * test_fraction)
    held_out = num_validation + num_test
    return Split(
        train=order[held_out:],
        validation=order[:num_validation] if validation_fraction else order[held_out:],
        test=order[num_validation:held_out],
    )


class MinibatchSampler:
    """Draws minibatches without replacement within an epoch; drops the last partial batch."""

    def __init__(self, train: np.ndarray, batch_size: int, seed: int) -> None:
        if batch_size > len(train):
            raise ConfigError(
                f"batch_size = {batch_size} is larger than the training split of {len(train)} "
                f"images; use at most {len(train)}"
            )
        self._train = train
        self._batch_size = batch_size
        self._seed = seed
        self._per_epoch = len(train) // batch_size
        self._epoch = -1
        self._order = train

    def indices(self, iteration: int) -> np.ndarray:
        """(B,) image indices of step `iteration`, which counts from 1."""
        epoch, position = divmod(iteration - 1, self._per_epoch)
        if epoch != self._epoch:
            self._order = random_stream(self._seed, "minibatches", epoch).permutation(self._train)
            self._epoch = epoch
        start = position * self._batch_size
        return self._order[start : start + self._batch_size]


class WeightedSampler:
    """Draws the images of each minibatch with replacement, in proportion to their weights.

    log_weights_N: of the images of `train`; the largest may be any finite number."""

    def __init__(
        self, train: np.ndarray, log_weights_N: np.ndarray, batch_size: int, seed: int
    ) -> None:
        self._train = train
        self._batch_size = batch_size
        self._seed = seed
        sums_N = np.cumsum(np.exp(log_weights_N - log_weights_N.max()))
        self._ends_N = sums_N / sums_N[-1]

    def indices(self, iteration: int) -> np.ndarray:
        """(B,) image indices of step `iteration`, which counts from 1."""
        drawn_B = random_stream(self._seed, "correlated", iteration).random(self._batch_size)
        return self._train[np.searchsorted(self._ends_N, drawn_B, side="right")]


def sampler(
    train: np.ndarray,
    batch_size: int,
    seed: int,
    factors: FactorSplit,
    spec: DatasetSpec,
    factors_of: Callable[[np.ndarray], np.ndarray],
) -> MinibatchSampler | WeightedSampler:
    """The minibatches of a training. factors_of: from indices (B,) to classes (B, K).

    Raises ConfigError for factors that the dataset does not have, and where no image is left."""
    if not factors:
        return MinibatchSampler(train, batch_size, seed)
    names = spec.factor_names
    sizes = dict(zip(names, spec.factor_sizes, strict=True))
    wrong = [" ".join(map(str, (*where, what))) for where, what in problems(factors, sizes)]
    if wrong:
        raise ConfigError("\n".join(f"factors: {spec.name}: {what}" for what in wrong))
    classes_NK = factors_of(train)
    column = {name: classes_NK[:, k] for k, name in enumerate(names)}
    kept_N = np.ones(len(train), dtype=bool)
    for box in factors.without:
        inside = [(column[n] >= first) & (column[n] <= last) for n, first, last in box]
        kept_N &= ~np.logical_and.reduce(inside)
    if not kept_N.any():
        raise ConfigError(f"factors: leaves no image of {spec.name} to train on")
    if not factors.correlate:
        return MinibatchSampler(train[kept_N], batch_size, seed)
    log_weights_N = np.zeros(len(train))
    for a, b, sigma in factors.correlate:
        apart_N = column[a] / (sizes[a] - 1) - column[b] / (sizes[b] - 1)
        log_weights_N -= (apart_N / sigma) ** 2 / 2
    return WeightedSampler(train[kept_N], log_weights_N[kept_N], batch_size, seed)
