"""Checks of indices and factor classes that callers pass to a dataset.

Shapes: B batch, K factors."""

import numpy as np

from trainers.errors import DataError
from trainers.specs.datasets import DatasetSpec


def check_indices(indices_B: np.ndarray, num_images: int) -> np.ndarray:
    """The indices as (B,) int64. Raises IndexError for one outside the dataset."""
    indices_B = np.asarray(indices_B)
    if indices_B.size == 0:
        return np.zeros(0, dtype=np.int64)
    if indices_B.ndim != 1 or indices_B.dtype.kind not in "iu":
        raise IndexError(
            f"indices must be a list of integers, not {indices_B.dtype} {indices_B.shape}"
        )
    lowest, highest = indices_B.min(), indices_B.max()
    if lowest < 0 or highest >= num_images:
        wrong = lowest if lowest < 0 else highest
        raise IndexError(f"no image {wrong}: the dataset has images 0 to {num_images - 1}")
    return indices_B.astype(np.int64)


def check_classes(classes_BK: np.ndarray, spec: DatasetSpec) -> np.ndarray:
    """The classes as (B, K) int64. Raises DataError naming every factor out of its range."""
    classes_BK = np.asarray(classes_BK)
    names = ", ".join(spec.factor_names)
    if classes_BK.ndim != 2 or classes_BK.shape[1] != len(spec.factor_names):
        raise DataError(
            f"{spec.name}: classes have shape {classes_BK.shape}; "
            f"expected (images, {len(spec.factor_names)}), columns {names}"
        )
    if classes_BK.dtype.kind not in "iu":
        raise DataError(
            f"{spec.name}: classes are {classes_BK.dtype}; expected integers, "
            "each factor's values counted from 0"
        )
    wrong = [
        f"{name} = {column[(column < 0) | (column >= size)][0]}, allowed 0 to {size - 1}"
        for name, size, column in zip(
            spec.factor_names, spec.factor_sizes, classes_BK.T, strict=True
        )
        if np.any((column < 0) | (column >= size))
    ]
    if wrong:
        raise DataError(f"{spec.name}: no such class: " + "; ".join(wrong))
    return classes_BK.astype(np.int64)
