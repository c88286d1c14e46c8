"""Base classes for a dataset of a user's own, which is a class in a file.

Shapes: B batch, N images, C H W image, K factors. Vectors of D values are images of (1, 1, D)."""

from typing import ClassVar

import numpy as np

from trainers.datasets.access.checks import check_indices
from trainers.specs.datasets import DatasetSpec


class OwnDataset:
    """Images and factor classes by index: see `dataset.Dataset`. Made without arguments.

    spec: name, factors and shape.  scale: images * scale are the values to train on, in [0, 1]
    unless the spec says `values="real"`.  fingerprint: set when the class is loaded."""

    spec: ClassVar[DatasetSpec]
    fingerprint: str = "own"
    scale: float = 1.0

    def __len__(self) -> int:
        return self.spec.num_images

    def images(self, indices_B: np.ndarray) -> np.ndarray:
        """(B, C, H, W) uint8 or float32. Equal indices give equal images."""
        raise NotImplementedError(type(self).__name__)

    def factors(self, indices_B: np.ndarray) -> np.ndarray:
        """(B, K) int64 classes, each factor counted from 0."""
        raise NotImplementedError(type(self).__name__)

    def all_images(self) -> np.ndarray | None:
        """(N, C, H, W), every image in one array; None where images are computed."""
        return None


class ArrayDataset(OwnDataset):
    """A dataset in memory: `arrays` returns all of it."""

    def __init__(self) -> None:
        images, factors_NK = self.arrays()
        shape = (self.spec.num_images, *self.spec.image_CHW)
        self._images_NCHW = np.ascontiguousarray(images).reshape(shape)
        if self._images_NCHW.dtype != np.uint8:
            self._images_NCHW = self._images_NCHW.astype(np.float32)
        self._factors_NK = np.asarray(factors_NK, dtype=np.int64)

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """(images (N, C, H, W) or vectors (N, D); factors (N, K)). Equal at each call."""
        raise NotImplementedError(type(self).__name__)

    def images(self, indices_B: np.ndarray) -> np.ndarray:
        return self._images_NCHW[check_indices(indices_B, len(self))]

    def factors(self, indices_B: np.ndarray) -> np.ndarray:
        return self._factors_NK[check_indices(indices_B, len(self))]

    def all_images(self) -> np.ndarray | None:
        return self._images_NCHW
