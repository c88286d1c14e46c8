"""A stand-in dataset: drawn from its factors, for work without the published file.

It has the factors, sizes, image size and channels of the published one and none of its pictures;
its fingerprint contains `synthetic`, as does every result computed from it.

Shapes: B batch, N images, K factors, C H W image."""

from collections.abc import Callable

import numpy as np

from trainers.datasets.access.checks import check_classes, check_indices
from trainers.datasets.access.factor_grid import classes_of
from trainers.specs.datasets import DATASETS

VERSION = 1  # increase it whenever a pixel of any stand-in changes


class SyntheticDataset:
    """Images drawn on access. See dataset.Dataset.

    draw: from classes (B, K) to (B, C, H, W) uint8.  classes_NK: the factors of each image, where
    the dataset is no factor grid."""

    scale = 1 / 255

    def __init__(
        self,
        name: str,
        draw: Callable[[np.ndarray], np.ndarray],
        classes_NK: np.ndarray | None = None,
    ) -> None:
        self.spec = DATASETS[name]
        self.fingerprint = f"{name}/synthetic-{VERSION}"
        self._draw = draw
        self._classes_NK = classes_NK

    def __len__(self) -> int:
        return self.spec.num_images

    def factors(self, indices_B: np.ndarray) -> np.ndarray:
        indices_B = check_indices(indices_B, len(self))
        if self._classes_NK is not None:
            return self._classes_NK[indices_B].astype(np.int64)
        return classes_of(indices_B, self.spec.factor_sizes)

    def images(self, indices_B: np.ndarray) -> np.ndarray:
        return self._draw(self.factors(indices_B))

    def draw(self, classes_BK: np.ndarray) -> np.ndarray:
        """Images (B, C, H, W) of any classes (B, K). Raises DataError for one out of range."""
        return self._draw(check_classes(classes_BK, self.spec))

    def all_images(self) -> None:
        """None: images are drawn on access."""
        return None
