"""A user's own data: an .npz or HDF5 file with `images` and, where they have labels, `factors`.

images: (N, H, W), (N, H, W, C) or (N, C, H, W), C from 1 to 4; uint8, bool, or floats in [0, 1].
factors: (N, K); whole numbers from 0 up are used as classes, others are ranked by value.
factor_names: (K,) text, optional.
Without `factors` all images have the same class of one factor, `unlabelled`.

On first use the file is written in the prepared form to DATA_DIR/custom/NAME, and again whenever
its content differs. It passes through memory in blocks, so it may be of any size.

Shapes: N images, K factors, C H W image, n images of a block."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from trainers.datasets.access.prepared import PreparedDataset
from trainers.datasets.access.source_files import same_content
from trainers.datasets.formats.containers import Container, container
from trainers.datasets.published.labels import is_grid, require_labels
from trainers.datasets.published.reading import PublishedFile
from trainers.datasets.writing import Progress, locked, write
from trainers.errors import ConfigError, DataError
from trainers.specs.datasets import DATASETS, DatasetSpec

MAX_CHANNELS = 4
UNLABELLED = "unlabelled"  # the factor of a file without factors


def open_custom(
    name: str, path: Path | str, data_dir: Path | str, progress: Progress | None = None
) -> PreparedDataset:
    """The dataset in a file. Raises DataError for a file that does not hold one."""
    _require_free_name(name)
    path, data_dir = Path(path), Path(data_dir)
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    folder = data_dir / "custom" / name
    if _is_made_from(folder, path):  # before the lock: the folder may be read-only
        return PreparedDataset(folder)
    with locked(folder.parent, name):
        if _is_made_from(folder, path):
            return PreparedDataset(folder)
        reading = read(name, path)
        return write(reading, folder.parent, name, f"{name}/custom", [path], progress)


def _is_made_from(folder: Path, path: Path) -> bool:
    if not (folder / "manifest.json").exists():
        return False
    try:
        return same_content(PreparedDataset(folder).manifest.sources, [path])
    except DataError:
        return False  # a damaged one is prepared again


def _require_free_name(name: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise ConfigError(f"dataset name {name!r}: letters, digits, '.', '_' and '-' are allowed")
    if name in DATASETS:
        raise ConfigError(f"{name!r} is a published dataset's name; give your file another name")


def read(name: str, path: Path) -> PublishedFile:
    """A file's factors and images."""
    file = container(path)
    if "images" not in file.names:
        raise DataError(f"{path}: no array images; it holds {', '.join(file.names)}")
    shape, dtype = file.header("images")
    where = f"{path}: images"
    image_CHW, order = _layout(shape, where)
    if dtype != np.uint8 and dtype.kind not in "bf":
        raise DataError(f"{where}: {dtype}, expected uint8, bool or floats in [0, 1]")
    factors_NK = _factors(file, shape[0], path)
    if factors_NK.ndim == 2 and len(factors_NK) != shape[0]:
        raise DataError(f"{path}: {shape[0]} images but {len(factors_NK)} rows of factors")
    spec = DatasetSpec(
        name=name,
        title=name,
        factor_names=_names(file, factors_NK, path),
        factor_sizes=(),  # set below, once the labels are checked
        image_CHW=image_CHW,
        network=_network(image_CHW),
        citation="",
        sources=("custom",),
        num_images=shape[0],
        files=(path.name,),
    )
    require_labels(factors_NK, spec, f"{path}: factors")
    classes_NK, sizes_K = _classes(factors_NK)
    spec = replace(spec, factor_sizes=sizes_K, factor_grid=is_grid(classes_NK, sizes_K))
    binary = dtype.kind == "b" or (dtype == np.uint8 and _is_binary(file.blocks("images", 0)))

    def blocks(start: int) -> Iterator[np.ndarray]:
        for block in file.blocks("images", start):
            pixels = _to_uint8(block, where)
            yield (pixels[:, None] if pixels.ndim == 3 else pixels.transpose(order))

    return PublishedFile(spec, classes_NK, blocks, scale=1.0 if binary else 1 / 255)


def check_pixels(path: Path) -> None:
    """Reads every image that is stored as floats. Raises DataError for values outside [0, 1]."""
    file = container(path)
    if file.header("images")[1].kind == "f":
        for block in file.blocks("images", 0):
            _to_uint8(block, f"{path}: images")


def constant_factors(path: Path, names: Sequence[str]) -> tuple[str, ...]:
    """Factors that have one value in every image. names: () for a file without factors."""
    if not names:
        return ()
    factors_NK = container(path).array("factors")
    same_K = (factors_NK == factors_NK[:1]).all(axis=0)
    return tuple(name for name, same in zip(names, same_K, strict=True) if same)


def _layout(
    shape: tuple[int, ...], where: str
) -> tuple[tuple[int, int, int], tuple[int, int, int, int]]:
    """(C, H, W), and the axes of a block in that order."""
    if len(shape) in (3, 4) and 0 in shape:
        raise DataError(f"{where}: shape {shape} holds no image")
    if len(shape) == 3:
        return (1, shape[1], shape[2]), (0, 1, 2, 3)
    if len(shape) != 4:
        raise DataError(f"{where}: shape {shape}, expected (N,H,W), (N,H,W,C) or (N,C,H,W)")
    first, last = shape[1] <= MAX_CHANNELS, shape[3] <= MAX_CHANNELS
    if first == last:
        both = "both could be" if first else "neither can be"
        raise DataError(
            f"{where}: shape {shape}: of axes 1 and 3, {both} the channels (1 to {MAX_CHANNELS})"
        )
    if last:
        return (shape[3], shape[1], shape[2]), (0, 3, 1, 2)
    return (shape[1], shape[2], shape[3]), (0, 1, 2, 3)


def has_factors(path: Path) -> bool:
    """Whether the images of a file have labels."""
    return "factors" in container(path).names


def _factors(file: Container, num_images: int, path: Path) -> np.ndarray:
    """(N, K), as the file has them; zeros (N, 1) where it has none."""
    if "factors" in file.names:
        return file.array("factors")
    if "factor_names" in file.names:
        raise DataError(f"{path}: factor_names, but no array factors")
    return np.zeros((num_images, 1), np.int64)


def _names(file: Container, factors_NK: np.ndarray, path: Path) -> tuple[str, ...]:
    count = factors_NK.shape[1] if factors_NK.ndim == 2 else 1
    if "factors" not in file.names:
        return (UNLABELLED,)
    if "factor_names" not in file.names:
        return tuple(f"factor_{k}" for k in range(count))
    names_K = file.text("factor_names")
    if len(names_K) != count or len(set(names_K)) != count or not all(names_K):
        raise DataError(f"{path}: factor_names {names_K}: expected {count} different names")
    return names_K


def _classes(factors_NK: np.ndarray) -> tuple[np.ndarray, tuple[int, ...]]:
    columns, sizes = [], []
    for factor_N in factors_NK.T:
        with np.errstate(invalid="ignore"):  # a float too large for int64 is unequal to it below
            whole_N = factor_N.astype(np.int64)
        if np.any(whole_N != factor_N) or whole_N.min() < 0:
            values, whole_N = np.unique(factor_N, return_inverse=True)
        columns.append(whole_N)
        sizes.append(int(whole_N.max()) + 1)
    return np.stack(columns, axis=1).astype(np.int64), tuple(sizes)


def _network(image_CHW: tuple[int, int, int]) -> str:
    return "cnn" if image_CHW[0] > 1 and image_CHW[1:] in ((64, 64), (128, 128)) else "mlp"


def _is_binary(blocks: Iterator[np.ndarray]) -> bool:
    """Whether no pixel exceeds 1. Stops reading at the first that does."""
    return all(block.max(initial=0) <= 1 for block in blocks)


def _to_uint8(block: np.ndarray, where: str) -> np.ndarray:
    if block.dtype.kind != "f":
        return block.astype(np.uint8, copy=False)
    if not np.all((block >= 0) & (block <= 1)):
        finite = block[np.isfinite(block)]
        found = (
            f"values from {finite.min():g} to {finite.max():g}"
            if len(finite) == block.size
            else f"{block.size - len(finite):,} values of the first bad block are not finite"
        )
        raise DataError(
            f"{where}: {found}; floats must lie in [0, 1]. Divide them by 255, or store uint8"
        )
    return np.rint(block * 255).astype(np.uint8)
