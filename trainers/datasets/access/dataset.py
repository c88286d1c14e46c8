"""What a dataset is: images and factor classes by index.

Shapes: B batch, C H W image, K factors."""

from typing import Protocol

import numpy as np

from trainers.specs.datasets import DatasetSpec


class Dataset(Protocol):
    """Images and factor classes by index. Must be cheap to open and safe to share by fork or
    reopening: bulk data is memory-mapped, never copied into each process."""

    spec: DatasetSpec
    fingerprint: str  # the source of the pixels, e.g. "dsprites/rendered-1", "mpi3d/synthetic-1"
    scale: float  # images * scale lies in [0, 1]

    def __len__(self) -> int: ...

    def images(self, indices_B: np.ndarray) -> np.ndarray:
        """(B, C, H, W) uint8. Raises IndexError for an index outside the dataset."""
        ...

    def factors(self, indices_B: np.ndarray) -> np.ndarray:
        """(B, K) int64 classes, each factor counted from 0."""
        ...

    def all_images(self) -> np.ndarray | None:
        """(N, C, H, W) uint8, every image as one mapped array, for a trainer that moves them all
        to its device; None where images are drawn, or stored as packed bits."""
        ...
