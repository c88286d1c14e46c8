"""From published labels to factor classes counted from 0.

Shapes: N images, K factors."""

from dataclasses import replace

import numpy as np

from trainers.datasets.access.factor_grid import indices_of
from trainers.errors import DataError
from trainers.specs.datasets import DatasetSpec

_TOLERANCE = 0.05  # how far, in steps of the factor, a label may lie from its value


def require_labels(labels_NK: np.ndarray, spec: DatasetSpec, where: str) -> None:
    """Labels are numbers, (N, K) and finite."""
    expected = len(spec.factor_names)
    if labels_NK.ndim != 2 or labels_NK.shape[1] != expected:
        raise DataError(
            f"{where}: shape {labels_NK.shape}, expected (images, {expected}): "
            + ", ".join(spec.factor_names)
        )
    if labels_NK.dtype.kind not in "fiub":
        raise DataError(f"{where}: labels are {labels_NK.dtype}, expected numbers")
    if not np.all(np.isfinite(labels_NK)):
        image, factor = np.argwhere(~np.isfinite(labels_NK))[0]
        raise DataError(f"{where}: image {image}, {spec.factor_names[factor]}: label is not finite")


def classes_from_unit(
    labels_NK: np.ndarray, spec: DatasetSpec, where: str, *, any_size: bool
) -> tuple[np.ndarray, tuple[int, ...]]:
    """Classes and sizes from labels k / (m - 1) in [0, 1].

    Rounded, never truncated: 3/5 is stored as 0.6 and times 5 may fall short of 3. With any_size,
    a factor whose values are exactly those of m evenly spaced ones has size m."""
    require_labels(labels_NK, spec, where)
    columns, sizes = [], []
    for name, size, label_N in zip(spec.factor_names, spec.factor_sizes, labels_NK.T, strict=True):
        if any_size:
            size = _even_size(label_N) or size
        steps_N = label_N.astype(np.float64) * (size - 1)
        class_N = np.rint(steps_N)
        wrong = (abs(steps_N - class_N) > _TOLERANCE) | (class_N < 0) | (class_N > size - 1)
        wrong |= (size == 1) & (label_N != 0)
        if np.any(wrong):
            image = int(np.argmax(wrong))
            raise DataError(
                f"{where}: image {image}, {name} = {label_N[image]}: "
                f"expected one of {size} values k/{size - 1}, from 0 to 1"
            )
        columns.append(class_N.astype(np.int64))
        sizes.append(int(size))
    return np.stack(columns, axis=1), tuple(sizes)


def _even_size(label_N: np.ndarray) -> int | None:
    values = np.unique(label_N.astype(np.float64).round(5))
    even = np.linspace(0, 1, len(values)) if len(values) > 1 else np.zeros(1)
    return len(values) if np.allclose(values, even, atol=1e-3) else None


def classes_from_values(
    labels_NK: np.ndarray, spec: DatasetSpec, where: str, *, any_size: bool
) -> tuple[np.ndarray, tuple[int, ...]]:
    """Classes and sizes from the rank of each label among its factor's values."""
    require_labels(labels_NK, spec, where)
    ranked = [np.unique(label_N, return_inverse=True) for label_N in labels_NK.T]
    sizes = tuple(len(values) for values, _ in ranked)
    if not any_size and sizes != spec.factor_sizes:
        raise DataError(
            f"{where}: the factors {', '.join(spec.factor_names)} take {sizes} values, "
            f"expected {spec.factor_sizes}"
        )
    return np.stack([rank_N for _, rank_N in ranked], axis=1).astype(np.int64), sizes


def require_classes(classes_NK: np.ndarray, spec: DatasetSpec, where: str) -> None:
    """Integer classes within the spec's sizes."""
    require_labels(classes_NK, spec, where)
    if classes_NK.dtype.kind not in "iu":
        raise DataError(f"{where}: classes are {classes_NK.dtype}, expected integers")
    for name, size, class_N in zip(spec.factor_names, spec.factor_sizes, classes_NK.T, strict=True):
        wrong = (class_N < 0) | (class_N >= size)
        if np.any(wrong):
            image = int(np.argmax(wrong))
            raise DataError(
                f"{where}: image {image}, {name} = {class_N[image]}, allowed 0 to {size - 1}"
            )


def is_grid(classes_NK: np.ndarray, sizes_K: tuple[int, ...]) -> bool:
    """Whether each combination of factor values is there exactly once."""
    total = 1
    for size in sizes_K:
        total *= size
    if len(classes_NK) != total:
        return False
    return bool(np.all(np.bincount(indices_of(classes_NK, sizes_K), minlength=total) == 1))


def fitted(
    spec: DatasetSpec,
    classes_NK: np.ndarray,
    sizes_K: tuple[int, ...],
    image_CHW: tuple[int, int, int],
    where: str,
    *,
    any_size: bool,
) -> DatasetSpec:
    """The spec of what was found. Unless any size is welcome, the published one, whose factor grid
    must be complete."""
    whole = is_grid(classes_NK, sizes_K)
    if not any_size:
        if spec.factor_grid and not whole:
            raise DataError(
                f"{where}: not every combination of factor values is there exactly once"
            )
        return spec
    return replace(
        spec,
        factor_sizes=sizes_K,
        image_CHW=image_CHW,
        num_images=len(classes_NK),
        factor_grid=spec.factor_grid and whole,
    )
