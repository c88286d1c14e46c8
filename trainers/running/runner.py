"""The interface of a runner, which runs the steps of one training in blocks.

Shapes: S steps of a block, T recorded values."""

from abc import ABC, abstractmethod

import numpy as np


class Runner(ABC):
    """Runs blocks of steps. Every runner gives the same results for the same inputs."""

    @abstractmethod
    def max_block_steps(self, iteration: int) -> int:
        """The largest number of steps of the block that follows `iteration`."""

    @abstractmethod
    def run(self, first: int, last: int) -> np.ndarray:
        """Runs steps `first` to `last`. Returns their recorded values, (S, T) float64."""

    def close(self) -> None:  # noqa: B027  (a default, not an abstract method)
        """Releases threads and device memory. A runner that holds neither needs no method."""
