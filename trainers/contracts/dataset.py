"""The contract of a dataset: `trainers.datasets.access.dataset.Dataset`.

Of a built-in one the first source is checked whose images are on this machine."""

import math

import numpy as np

from trainers.contracts.verdict import Broken
from trainers.datasets import Dataset, open_dataset
from trainers.errors import DataError
from trainers.specs.datasets import DATASETS

_COUNT = 12


def opened(name: str, data_dir: str | None = None) -> Dataset:
    """data_dir: of prepared datasets.  Raises DataError where no source of its images is here."""
    errors = []
    for source in DATASETS[name].sources:
        try:
            return open_dataset(name, source=source, data_dir=data_dir)
        except DataError as error:
            errors.append(error)
    raise errors[0]


def constructs(name: str, data_dir: str | None = None) -> str:
    """As its spec says."""
    dataset, spec = opened(name, data_dir), DATASETS[name]
    if len(spec.factor_names) != len(spec.factor_sizes):
        names, sizes = len(spec.factor_names), len(spec.factor_sizes)
        raise Broken(f"spec has {names} factor_names and {sizes} factor_sizes")
    if len(dataset) != spec.num_images:
        raise Broken(f"it has {len(dataset)} images; spec.num_images is {spec.num_images}")
    if spec.factor_grid and math.prod(spec.factor_sizes) > len(dataset):
        raise Broken(
            f"spec.factor_grid is True and it has {len(dataset)} images, fewer than combinations "
            "of factors; write factor_grid=False"
        )
    return dataset.fingerprint


def images(name: str, data_dir: str | None = None) -> str:
    """Shape, type and range; and IndexError for an image that is not there."""
    dataset, spec = opened(name, data_dir), DATASETS[name]
    found = dataset.images(_indices(dataset))
    if found.shape != (_COUNT, *spec.image_CHW):
        wanted = (_COUNT, *spec.image_CHW)
        raise Broken(f"images() has shape {found.shape}; spec.image_CHW needs {wanted}")
    if found.dtype not in (np.uint8, np.float32):
        raise Broken(f"images() are {found.dtype}; they must be uint8 or float32")
    values = found * dataset.scale
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(values).all() or (spec.values == "unit" and not 0 <= low <= high <= 1):
        raise Broken(
            f"images * scale lie in [{low:g}, {high:g}], not in [0, 1]; change scale, or write "
            'values="real" in the spec'
        )
    try:
        dataset.images(np.array([len(dataset)]))
    except IndexError:
        return f"{low:.3g} to {high:.3g}"
    raise Broken(f"images() of index {len(dataset)}, which is not there, raises no IndexError")


def factors(name: str, data_dir: str | None = None) -> str:
    """int64 classes from 0 to below each factor's size."""
    dataset, spec = opened(name, data_dir), DATASETS[name]
    indices = np.random.default_rng(1).integers(len(dataset), size=2000)
    found = dataset.factors(indices)
    if found.shape != (2000, len(spec.factor_names)) or found.dtype != np.int64:
        raise Broken(
            f"factors() of 2000 images is {found.dtype} {found.shape}; it must be int64 "
            f"{(2000, len(spec.factor_names))}"
        )
    for factor, size, column in zip(spec.factor_names, spec.factor_sizes, found.T, strict=True):
        if column.min() < 0 or column.max() >= size:
            raise Broken(
                f"factor {factor} has classes {column.min()} to {column.max()}; factor_sizes "
                f"allows 0 to {size - 1}"
            )
    return ", ".join(
        f"{n} {s}" for n, s in zip(spec.factor_names[:8], spec.factor_sizes, strict=False)
    )


def determinism(name: str, data_dir: str | None = None) -> str:
    """An image and its factors depend on the index alone."""
    dataset = opened(name, data_dir)
    indices = _indices(dataset)
    for what in ("images", "factors"):
        first = getattr(dataset, what)(indices)
        others = {
            "read again": getattr(dataset, what)(indices),
            "read in another order": getattr(dataset, what)(indices[::-1])[::-1],
            "opened again": getattr(opened(name, data_dir), what)(indices),
        }
        for how, other in others.items():
            if not np.array_equal(first, other):
                raise Broken(
                    f"{what}() differ when {how}; compute them from the index alone, with a "
                    "random generator that is seeded by it"
                )
    return ""


def _indices(dataset: Dataset) -> np.ndarray:
    """The first, the last, and others."""
    some = np.random.default_rng(0).integers(len(dataset), size=_COUNT - 2)
    return np.array([0, len(dataset) - 1, *some])
