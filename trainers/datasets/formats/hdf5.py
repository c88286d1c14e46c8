"""Arrays inside HDF5 files, read as a stream. h5py is loaded on the first file.

Links to other files, virtual arrays and arrays of objects are refused.

Shapes: N images."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from trainers.datasets.formats.damage import damage_named
from trainers.errors import DataError

_BLOCK_BYTES = 16 << 20
_MOST_BYTES = 256 << 20


@contextmanager
def h5_array(path: Path, key: str, text: bool = False) -> Iterator[Any]:
    """An open dataset of an HDF5 file. Raises DataError where it is missing or unsafe.

    text: whether it must be an array of text, or must not hold objects of any kind."""
    import h5py

    with damage_named(path), h5py.File(path, "r") as file:
        _check_links(h5py, file, path, key)
        if key not in file or not isinstance(file[key], h5py.Dataset):
            there = ", ".join(sorted(file)) or "nothing"
            raise DataError(f"{path}: no array {key!r} in it; it holds {there}")
        array = file[key]
        if array.shape is None or array.is_virtual or array.external:
            raise DataError(f"{path}: {key} keeps its data in other files; refused")
        if text and h5py.check_string_dtype(array.dtype) is None:
            raise DataError(f"{path}: {key} is {array.dtype}, expected text")
        if array.dtype.hasobject and not text:
            raise DataError(f"{path}: {key} is an array of objects; these are never loaded")
        yield array


def h5_small(path: Path, key: str, max_bytes: int = 1 << 30) -> np.ndarray:
    """A small array of an HDF5 file, whole."""
    with h5_array(path, key) as array:
        if array.size * array.dtype.itemsize > max_bytes:
            raise DataError(f"{path}: {key} {array.shape} is too large for what it should hold")
        return np.asarray(array[()])


def h5_text(path: Path, key: str) -> list[bytes]:
    """An array of text, which numpy represents as objects when its lengths vary."""
    with h5_array(path, key, text=True) as array:
        return np.ravel(array[()]).tolist()


def h5_names(path: Path) -> list[str]:
    """The names at the top of an HDF5 file."""
    import h5py

    with damage_named(path), h5py.File(path, "r") as file:
        return sorted(file)


def h5_blocks(path: Path, key: str, start: int) -> Iterator[np.ndarray]:
    """The rows of a dataset from row `start` on.

    A block spans whole chunks where they fit, so that no chunk is decompressed twice."""
    with h5_array(path, key) as array:
        row_bytes = max(1, int(np.prod(array.shape[1:])) * array.dtype.itemsize)
        step = max(1, _BLOCK_BYTES // row_bytes)
        chunk_rows = array.chunks[0] if array.chunks else 1
        if chunk_rows * row_bytes <= _MOST_BYTES:
            step = max(chunk_rows, step // chunk_rows * chunk_rows)
        first = start
        while first < array.shape[0]:
            end = min(array.shape[0], (first // step + 1) * step)
            yield array[first:end]
            first = end


def _check_links(h5py: Any, file: Any, path: Path, key: str) -> None:
    parts = key.split("/")
    for depth in range(len(parts)):
        name = "/".join(parts[: depth + 1])
        link = file.get(name, default=None, getlink=True)
        if isinstance(link, h5py.SoftLink | h5py.ExternalLink):
            raise DataError(f"{path}: {name} is a link; refused")
