"""Anyone's own data: an .npz or HDF5 file with `images` and `factors`.

images: (N, H, W), (N, H, W, C) or (N, C, H, W), C from 1 to 4; uint8, bool, or floats in [0, 1].
factors: (N, K); whole numbers from 0 on are classes as they stand, others are ranked by value.
factor_names: (K,) text, optional.

On first use the file is written in the prepared form to DATA_DIR/custom/NAME, and again whenever its
size or time of change differs. Nothing is kept in memory, so the file may be larger than it.

Shapes: N images, K factors, C H W image, n images of a block."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from trainers.datasets.prepared import PreparedDataset, read_manifest
from trainers.datasets.published.hdf5 import h5_array, h5_blocks, h5_names
from trainers.datasets.published.labels import is_grid, require_labels
from trainers.datasets.published.npy import npz_array, npz_blocks, npz_header, npz_names
from trainers.datasets.published.reading import Reading
from trainers.datasets.writing import Progress, describe, locked, write
from trainers.errors import ConfigError, DataError
from trainers.specs.datasets import DATASETS, DatasetSpec

MOST_CHANNELS = 4


def open_custom(
    name: str, path: Path | str, data_dir: Path | str, progress: Progress | None = None
) -> PreparedDataset:
    """The dataset in a file. Raises DataError for a file that does not hold one."""
    _require_free_name(name)
    path, data_dir = Path(path), Path(data_dir)
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    folder = f"custom/{name}"
    with locked(data_dir / "custom", name):
        if (data_dir / folder / "manifest.json").exists():
            try:
                if list(read_manifest(data_dir / folder).sources) == describe([path]):
                    return PreparedDataset(data_dir / folder)
            except DataError:
                pass  # a damaged one is made anew
        reading = read(name, path)
        return write(reading, data_dir / "custom", name, f"{name}/custom", [path], progress)


def _require_free_name(name: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise ConfigError(f"dataset name {name!r}: letters, digits, '.', '_' and '-' are allowed")
    if name in DATASETS:
        raise ConfigError(f"{name!r} is a published dataset's name; call your own file otherwise")


def read(name: str, path: Path) -> Reading:
    """A file's factors and images. See reading.Reading."""
    file = _Npz(path) if path.suffix.lower() == ".npz" else _Hdf5(path)
    missing = [key for key in ("images", "factors") if key not in file.names]
    if missing:
        raise DataError(
            f"{path}: no array {' and no array '.join(missing)}; it holds {', '.join(file.names)}"
        )
    shape, dtype = file.header("images")
    where = f"{path}: images"
    image_CHW, order = _layout(shape, where)
    if dtype != np.uint8 and dtype.kind not in "bf":
        raise DataError(f"{where}: {dtype}, expected uint8, bool or floats in [0, 1]")
    factors_NK = file.array("factors")
    if factors_NK.ndim == 2 and len(factors_NK) != shape[0]:
        raise DataError(f"{path}: {shape[0]} images but {len(factors_NK)} rows of factors")
    names = _names(file, factors_NK, path)
    spec = DatasetSpec(
        name, name, names, (), image_CHW, _network(image_CHW), "", ("custom",), shape[0]
    )
    require_labels(factors_NK, spec, f"{path}: factors")
    classes_NK, sizes_K = _classes(factors_NK)
    spec = DatasetSpec(
        name,
        name,
        names,
        sizes_K,
        image_CHW,
        _network(image_CHW),
        "",
        ("custom",),
        shape[0],
        factor_grid=is_grid(classes_NK, sizes_K),
        files=(path.name,),
    )
    binary = dtype.kind == "b" or (dtype == np.uint8 and _is_binary(file.blocks("images", 0)))

    def blocks(start: int) -> Iterator[np.ndarray]:
        for block in file.blocks("images", start):
            pixels = _to_uint8(block, where)
            yield (pixels[:, None] if pixels.ndim == 3 else pixels.transpose(order))

    return Reading(spec, classes_NK, blocks, scale=1.0 if binary else 1 / 255)


class _Npz:
    def __init__(self, path: Path) -> None:
        self.path, self.names = path, npz_names(path)

    def header(self, key: str) -> tuple[tuple[int, ...], np.dtype]:
        return npz_header(self.path, key)

    def array(self, key: str) -> np.ndarray:
        return npz_array(self.path, key)

    def blocks(self, key: str, start: int) -> Iterator[np.ndarray]:
        return npz_blocks(self.path, key, start)


class _Hdf5:
    def __init__(self, path: Path) -> None:
        self.path, self.names = path, h5_names(path)

    def header(self, key: str) -> tuple[tuple[int, ...], np.dtype]:
        with h5_array(self.path, key) as array:
            return array.shape, array.dtype

    def array(self, key: str) -> np.ndarray:
        with h5_array(self.path, key) as array:
            return array[()]

    def blocks(self, key: str, start: int) -> Iterator[np.ndarray]:
        return h5_blocks(self.path, key, start)


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
    first, last = shape[1] <= MOST_CHANNELS, shape[3] <= MOST_CHANNELS
    if first == last:
        both = "both could be" if first else "neither can be"
        raise DataError(
            f"{where}: shape {shape}: of axes 1 and 3, {both} the channels (1 to {MOST_CHANNELS})"
        )
    if last:
        return (shape[3], shape[1], shape[2]), (0, 3, 1, 2)
    return (shape[1], shape[2], shape[3]), (0, 1, 2, 3)


def _names(file: _Npz | _Hdf5, factors_NK: np.ndarray, path: Path) -> tuple[str, ...]:
    count = factors_NK.shape[1] if factors_NK.ndim == 2 else 1
    if "factor_names" not in file.names:
        return tuple(f"factor_{k}" for k in range(count))
    names_K = _text(file, path)
    if len(names_K) != count or len(set(names_K)) != count or not all(names_K):
        raise DataError(f"{path}: factor_names {names_K}: expected {count} different names")
    return names_K


def _text(file: _Npz | _Hdf5, path: Path) -> tuple[str, ...]:
    if isinstance(file, _Hdf5):
        return file_text(path)
    names_K = file.array("factor_names")
    if names_K.dtype.kind not in "US":
        raise DataError(f"{path}: factor_names is {names_K.dtype}, expected text")
    return tuple(_decoded(name) for name in np.atleast_1d(names_K).tolist())


def file_text(path: Path) -> tuple[str, ...]:
    """factor_names of an HDF5 file, whose text is of variable length and so an object in numpy."""
    import h5py

    with h5py.File(path, "r") as file:
        array = file["factor_names"]
        if not isinstance(array, h5py.Dataset) or h5py.check_string_dtype(array.dtype) is None:
            raise DataError(f"{path}: factor_names is no array of text")
        return tuple(_decoded(name) for name in np.atleast_1d(array[()]).tolist())


def _decoded(name: str | bytes) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else name


def _classes(factors_NK: np.ndarray) -> tuple[np.ndarray, tuple[int, ...]]:
    columns, sizes = [], []
    for factor_N in factors_NK.T:
        whole_N = factor_N.astype(np.int64)
        if np.any(whole_N != factor_N) or whole_N.min() < 0:
            values, whole_N = np.unique(factor_N, return_inverse=True)
        columns.append(whole_N)
        sizes.append(int(whole_N.max()) + 1)
    return np.stack(columns, axis=1).astype(np.int64), tuple(sizes)


def _network(image_CHW: tuple[int, int, int]) -> str:
    return "cnn" if image_CHW[0] > 1 and image_CHW[1:] in ((64, 64), (128, 128)) else "mlp"


def _is_binary(blocks: Iterator[np.ndarray]) -> bool:
    """Whether no pixel exceeds 1; one that does ends the reading at once."""
    return all(block.max(initial=0) <= 1 for block in blocks)


def _to_uint8(block: np.ndarray, where: str) -> np.ndarray:
    if block.dtype.kind != "f":
        return block.astype(np.uint8, copy=False)
    if not np.all((block >= 0) & (block <= 1)):
        raise DataError(f"{where}: floats outside [0, 1], or not finite")
    return np.rint(block * 255).astype(np.uint8)
