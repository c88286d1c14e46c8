"""The split of a dataset into training, validation and test images, and its minibatches.

Shapes: B batch, N points. Both are pure functions of the seeds and do not depend on the steps
drawn before."""

from dataclasses import dataclass

import numpy as np

from trainers.errors import ConfigError
from trainers.seeds import random_stream


@dataclass(frozen=True)
class Split:
    """Index sets of one dataset, each in its shuffled order. They are disjoint, but for a split
    without validation images: there the images to train on are scored."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split(num_images: int, *, seed: int, validation_fraction: float, test_fraction: float) -> Split:
    """A seeded permutation cut in three; validation and test come off its front.

    validation_fraction 0: validation is the training set itself, as in Locatello et al. 2019."""
    order = random_stream(seed, "split").permutation(num_images)
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
