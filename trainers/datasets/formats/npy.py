"""Arrays inside .npz files, read as a stream: a 6 GB array passes through a few MB of memory.

Pickles are never loaded: an array of objects is refused by its header.

Shapes: N images."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from trainers.datasets.formats.archive import safe_members
from trainers.datasets.formats.damage import damage_named
from trainers.errors import DataError

_BLOCK_BYTES = 16 << 20


def npz_names(path: Path) -> list[str]:
    """The names of the arrays in an .npz file."""
    with damage_named(path), zipfile.ZipFile(path) as archive:
        return [name.removesuffix(".npy") for name in safe_members(archive, path)]


def npz_header(path: Path, key: str) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type of an array in an .npz file."""
    with _member(path, key) as (_, shape, dtype):
        return shape, dtype


def npz_array(path: Path, key: str, max_bytes: int = 1 << 30) -> np.ndarray:
    """A small array of an .npz file, whole."""
    with _member(path, key) as (stream, shape, dtype):
        wanted = int(np.prod(shape)) * dtype.itemsize
        if wanted > max_bytes:
            raise DataError(f"{path}: {key} {shape} is too large for what it should hold")
        return np.frombuffer(_read(stream, wanted, path, key), dtype).reshape(shape)


def npz_blocks(path: Path, key: str, start: int) -> Iterator[np.ndarray]:
    """The rows of an array of an .npz file from row `start` on, in blocks."""
    with _member(path, key) as (stream, shape, dtype):
        row_bytes = int(np.prod(shape[1:])) * dtype.itemsize
        _skip(stream, start * row_bytes, path, key)
        step = max(1, _BLOCK_BYTES // max(1, row_bytes))
        for first in range(start, shape[0], step):
            count = min(step, shape[0] - first)
            data = _read(stream, count * row_bytes, path, key)
            yield np.frombuffer(data, dtype).reshape(count, *shape[1:])
        if stream.read(1):  # also makes zipfile check the member's CRC
            raise DataError(f"{path}: {key} holds more than its header says")


def read_header(stream: IO[bytes], where: str) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type of an .npy stream, left at its data. Arrays of objects are refused."""
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    try:
        version = np.lib.format.read_magic(stream)
        shape, fortran, dtype = readers[version](stream)
    except Exception as error:  # numpy parses headers as Python text: many types on damaged ones
        raise DataError(f"{where}: no readable .npy header: {error}") from error
    if dtype.hasobject:
        raise DataError(f"{where}: an array of pickled objects; these are never loaded")
    if fortran and len(shape) > 1:
        raise DataError(f"{where}: stored column by column (Fortran order), expected C order")
    return shape, dtype


@contextmanager
def _member(path: Path, key: str) -> Iterator[tuple[IO[bytes], tuple[int, ...], np.dtype]]:
    with damage_named(path), zipfile.ZipFile(path) as archive:
        members = safe_members(archive, path)
        if f"{key}.npy" not in members:
            there = ", ".join(name.removesuffix(".npy") for name in members) or "nothing"
            raise DataError(f"{path}: no array {key!r} in it; it holds {there}")
        with archive.open(f"{key}.npy") as stream:
            shape, dtype = read_header(stream, f"{path}: {key}")
            yield stream, shape, dtype


def _read(stream: IO[bytes], count: int, path: Path, key: str) -> bytes:
    data = stream.read(count)
    if len(data) != count:
        raise DataError(f"{path}: {key} is cut short")
    return data


def _skip(stream: IO[bytes], count: int, path: Path, key: str) -> None:
    while count > 0:
        step = min(count, _BLOCK_BYTES)
        _read(stream, step, path, key)
        count -= step
