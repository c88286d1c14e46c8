"""Contact sheets: each row one factor from its first to its last value, then random images.

Shapes: R rows, M images a row, C H W image, K factors."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from trainers.datasets.access.dataset import Dataset
from trainers.datasets.access.factor_grid import indices_of
from trainers.errors import DataError
from trainers.files import write_then_rename
from trainers.seeds import random_stream

_GAP = 2  # pixels between images


def render_sheet(
    dataset: Dataset, path: Path | str, *, columns: int = 8, seed: int = 0, traversals: bool = True
) -> list[str]:
    """Writes a PNG of a dataset; returns what each row shows, from the top.

    A row per factor varies that factor alone, from a random image drawn with `seed`; a last row
    shows random images. Datasets that are no factor grid get `columns` rows of random ones."""
    if columns < 1:
        raise DataError(f"columns = {columns}: a sheet needs at least 1")
    rng = random_stream(seed, "sheet")
    rows = rows_of(dataset, rng, columns) if traversals and dataset.spec.factor_grid else {}
    for number in range(1 if rows else columns):
        rows[f"random {number}" if number else "random"] = rng.integers(0, len(dataset), columns)
    _save(_mosaic([_row(dataset, indices, columns) for indices in rows.values()]), Path(path))
    return list(rows)


def rows_of(dataset: Dataset, rng: np.random.Generator, columns: int) -> dict[str, np.ndarray]:
    """By factor, the indices of the images that differ from one random image in it alone."""
    sizes_K = dataset.spec.factor_sizes
    position = _positions(dataset)
    start_K = np.array([rng.integers(0, size) for size in sizes_K])
    rows = {}
    for k, (name, size) in enumerate(zip(dataset.spec.factor_names, sizes_K, strict=True)):
        values = np.unique(np.linspace(0, size - 1, columns).round().astype(np.int64))
        classes_MK = np.repeat(start_K[None], len(values), axis=0)
        classes_MK[:, k] = values
        rows[name] = position(indices_of(classes_MK, sizes_K))
    return rows


def _positions(dataset: Dataset) -> Callable[[np.ndarray], np.ndarray]:
    """From places in the factor grid to image indices; files need not be in the grid's order."""
    sizes_K, count = dataset.spec.factor_sizes, len(dataset)
    probe = np.unique(np.linspace(0, count - 1, 1000).round().astype(np.int64))
    if np.array_equal(indices_of(dataset.factors(probe), sizes_K), probe):
        return lambda places: places
    order = np.empty(count, np.int64)
    order[indices_of(dataset.factors(np.arange(count)), sizes_K)] = np.arange(count)
    return lambda places: order[places]


def _row(dataset: Dataset, indices_M: np.ndarray, columns: int) -> np.ndarray:
    images = dataset.images(indices_M) * (dataset.scale * 255)
    row = np.full((columns, *dataset.spec.image_CHW), 255.0)
    row[: len(images)] = images
    return row.round().astype(np.uint8)


def _mosaic(rows: list[np.ndarray]) -> np.ndarray:
    images_RMCHW = np.pad(
        np.stack(rows), ((0, 0), (0, 0), (0, 0), (0, _GAP), (0, _GAP)), constant_values=255
    )
    r, m, c, h, w = images_RMCHW.shape
    return images_RMCHW.transpose(0, 3, 1, 4, 2).reshape(r * h, m * w, c)


def _save(sheet_HWC: np.ndarray, path: Path) -> None:
    from PIL import Image

    channels = sheet_HWC.shape[2]
    if channels not in (1, 3):
        raise DataError(f"a sheet needs 1 or 3 channels, these images have {channels}")
    image = Image.fromarray(sheet_HWC[..., 0] if channels == 1 else sheet_HWC)
    with write_then_rename(path) as temporary:
        image.save(temporary, format="PNG")
