"""Factor grids: the order in which published datasets list every combination of factor values.

The last factor varies fastest. Shapes: B batch, K factors."""

import numpy as np


def classes_of(indices_B: np.ndarray, sizes_K: tuple[int, ...]) -> np.ndarray:
    """The classes (B, K) int64 of the images with these indices."""
    return np.stack(np.unravel_index(indices_B, sizes_K), axis=-1).astype(np.int64)


def indices_of(classes_BK: np.ndarray, sizes_K: tuple[int, ...]) -> np.ndarray:
    """The indices (B,) int64 of the images with these classes."""
    return np.ravel_multi_index(tuple(np.asarray(classes_BK).T), sizes_K).astype(np.int64)
