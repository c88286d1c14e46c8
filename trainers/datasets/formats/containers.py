"""Files that hold arrays by name, .npz and HDF5, behind one interface.

Shapes: N images."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from trainers.datasets.formats.hdf5 import h5_array, h5_blocks, h5_names, h5_small, h5_text
from trainers.datasets.formats.npy import npz_array, npz_blocks, npz_header, npz_names
from trainers.errors import DataError


class Container(Protocol):
    """Arrays by name. Raises DataError for one that is missing or damaged."""

    names: list[str]

    def header(self, key: str) -> tuple[tuple[int, ...], np.dtype]:
        """Shape and type of an array."""
        ...

    def array(self, key: str) -> np.ndarray:
        """A small array, whole."""
        ...

    def blocks(self, key: str, start: int) -> Iterator[np.ndarray]:
        """The rows of an array from row `start` on, in blocks."""
        ...

    def text(self, key: str) -> tuple[str, ...]:
        """An array of text."""
        ...


def container(path: Path) -> Container:
    """The file's arrays: .npz by its name, HDF5 otherwise."""
    return _Npz(path) if path.suffix.lower() == ".npz" else _Hdf5(path)


class _Npz:
    def __init__(self, path: Path) -> None:
        self.path, self.names = path, npz_names(path)

    def header(self, key: str) -> tuple[tuple[int, ...], np.dtype]:
        return npz_header(self.path, key)

    def array(self, key: str) -> np.ndarray:
        return npz_array(self.path, key)

    def blocks(self, key: str, start: int) -> Iterator[np.ndarray]:
        return npz_blocks(self.path, key, start)

    def text(self, key: str) -> tuple[str, ...]:
        words = self.array(key)
        if words.dtype.kind not in "US":
            raise DataError(f"{self.path}: {key} is {words.dtype}, expected text")
        return tuple(_decoded(word) for word in np.ravel(words).tolist())


class _Hdf5:
    def __init__(self, path: Path) -> None:
        self.path, self.names = path, h5_names(path)

    def header(self, key: str) -> tuple[tuple[int, ...], np.dtype]:
        with h5_array(self.path, key) as array:
            return array.shape, array.dtype

    def array(self, key: str) -> np.ndarray:
        return h5_small(self.path, key)

    def blocks(self, key: str, start: int) -> Iterator[np.ndarray]:
        return h5_blocks(self.path, key, start)

    def text(self, key: str) -> tuple[str, ...]:
        return tuple(_decoded(word) for word in h5_text(self.path, key))


def _decoded(word: str | bytes) -> str:
    return word.decode("utf-8", "replace") if isinstance(word, bytes) else word
