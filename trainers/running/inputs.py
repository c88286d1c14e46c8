"""The inputs of steps, drawn one by one or prefetched in chunks.

Shapes: S steps of a chunk, B batch, C H W image, L latent. The inputs of step t are a pure function
of the configuration and t, so both ways give the same inputs."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from trainers.config import TrainingConfig
from trainers.datasets.access.dataset import Dataset
from trainers.seeds import random_stream
from trainers.splits import sampler

CHUNK_STEPS = 256
_IMAGE_BYTES = 64 << 20  # limit for the images of a chunk


class Inputs:
    """Draws the inputs of any step.  shuffle: whether the objective needs permutations."""

    def __init__(
        self, config: TrainingConfig, dataset: Dataset, train: np.ndarray, *, shuffle: bool
    ) -> None:
        self._config = config
        self._shuffle = shuffle
        self.dataset = dataset
        self._minibatches = sampler(
            train,
            config.batch_size,
            config.seed,
            config.factors,
            dataset.spec,
            dataset.factors,
        )

    def indices(self, t: int) -> np.ndarray:
        """(B,) int64: the image indices of step t."""
        return self._minibatches.indices(t)

    def noise(self, t: int) -> np.ndarray:
        """(B, L) float32: standard normal."""
        shape = self._config.batch_size, self._config.latent_dim
        return random_stream(self._config.seed, "noise", t).standard_normal(shape, dtype=np.float32)

    def shuffle(self, t: int) -> np.ndarray | None:
        """(B, L) int64: one permutation of the batch per latent, or None."""
        if not self._shuffle:
            return None
        ordered_BL = np.tile(np.arange(self._config.batch_size)[:, None], self._config.latent_dim)
        return random_stream(self._config.seed, "shuffle", t).permuted(ordered_BL, axis=0)

    def images(self, t: int) -> np.ndarray:
        """(B, C, H, W): the images of step t."""
        return self.dataset.images(self.indices(t))


class StackedInputs:
    """The inputs of K trainings, each with a first axis K. All read the same dataset."""

    def __init__(self, members: Sequence[Inputs]) -> None:
        self._members = tuple(members)

    def indices(self, t: int) -> np.ndarray:
        """(K, B) int64."""
        return np.stack([member.indices(t) for member in self._members])

    def noise(self, t: int) -> np.ndarray:
        """(K, B, L) float32."""
        return np.stack([member.noise(t) for member in self._members])

    def shuffle(self, t: int) -> np.ndarray | None:
        """(K, B, L) int64, or None."""
        rows = [row_BL for one in self._members if (row_BL := one.shuffle(t)) is not None]
        return np.stack(rows) if rows else None

    def images(self, t: int) -> np.ndarray:
        """(K, B, C, H, W)."""
        return np.stack([member.images(t) for member in self._members])


@dataclass(frozen=True)
class Chunk:
    """The inputs of S consecutive steps, from step `first` on; (S, K, ..) of K trainings.

    images_SBCHW: None if the device holds the dataset."""

    first: int
    indices_SB: np.ndarray
    noise_SBL: np.ndarray
    shuffle_SBL: np.ndarray | None = None
    images_SBCHW: np.ndarray | None = None

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays to copy to a device, by name."""
        named = {
            "indices": self.indices_SB,
            "noise": self.noise_SBL,
            "shuffle": self.shuffle_SBL,
            "images": self.images_SBCHW,
        }
        return {name: array for name, array in named.items() if array is not None}


class Chunks:
    """Chunk n holds steps n*S + 1 to (n + 1)*S. A thread draws the next chunk in advance.

    with_images: whether chunks carry their images; S is then smaller."""

    def __init__(
        self, inputs: Inputs | StackedInputs, *, with_images: bool, steps: int = CHUNK_STEPS
    ) -> None:
        self._inputs = inputs
        self._with_images = with_images
        if with_images:
            one = inputs.images(1).nbytes
            steps = max(1, min(steps, _IMAGE_BYTES // one))
        self.steps = steps
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prefetch")
        self._ahead: tuple[int, Future[Chunk]] | None = None

    def get(self, number: int) -> Chunk:
        """Chunk `number`. Starts drawing the next one. Raises the errors of drawing."""
        ahead, self._ahead = self._ahead, None
        if ahead is None or ahead[0] != number:
            ahead = number, self._pool.submit(self._draw, number)
        chunk = ahead[1].result()
        self._ahead = number + 1, self._pool.submit(self._draw, number + 1)
        return chunk

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _draw(self, number: int) -> Chunk:
        first = number * self.steps + 1
        steps = range(first, first + self.steps)
        indices_SB = np.stack([self._inputs.indices(t) for t in steps])
        shuffles = [row_BL for t in steps if (row_BL := self._inputs.shuffle(t)) is not None]
        images = [self._inputs.images(t) for t in steps] if self._with_images else []
        return Chunk(
            first=first,
            indices_SB=indices_SB,
            noise_SBL=np.stack([self._inputs.noise(t) for t in steps]),
            shuffle_SBL=np.stack(shuffles) if shuffles else None,
            images_SBCHW=np.stack(images) if images else None,
        )
