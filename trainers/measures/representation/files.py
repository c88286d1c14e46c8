"""Representations from files: .npz, .h5 or .parquet with `latents` (N, L) and `factors` (N, K).

A run's latents.h5 is accepted: its `mu` is read as `latents`. A parquet file has either list
columns `latents` and `factors`, or a column for each latent and factor: latents_0, latents_1, ..,
factors_0, .. (also latent_0, factor_0). Pickles are never loaded.

Shapes: N points, L latents, K factors."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from trainers.errors import DataError
from trainers.words import first_line

_NAMES = {"latents": ("latents", "mu"), "factors": ("factors",)}
_WANTED = "expected `latents` (N, L) and `factors` (N, K), points first"


def load_representation(path: Path | str) -> tuple[np.ndarray, np.ndarray]:
    """(latents_NL, factors_NK) as stored. DataError, one line a mistake, for any other file."""
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        kinds = ", ".join(_READERS)
        raise DataError(f"{path}: files of kind '{path.suffix}' are not read. Known: {kinds}")
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        found = reader(path)
    except DataError:
        raise
    except Exception as error:
        # Each library raises errors of its own for a damaged file: KeyError, OSError, BadZipFile.
        raise DataError(
            f"{path}: not a readable {path.suffix} file: {first_line(error)}"
        ) from error
    return _two_arrays(path, found)


def _two_arrays(path: Path, found: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    mistakes = []
    for name in _NAMES:
        array = found.get(name)
        if array is None:
            held = ", ".join(found["names"]) or "nothing"
            mistakes.append(f"{path}: no `{name}`; it holds {held}: {_WANTED}")
        elif array.ndim != 2 or array.dtype.kind not in "biuf":
            kind = f"shape {array.shape} of type {array.dtype}"
            mistakes.append(f"{path}: `{name}` has {kind}: {_WANTED}, of numbers")
    if not mistakes and len(found["latents"]) != len(found["factors"]):
        num_latents, num_factors = len(found["latents"]), len(found["factors"])
        mistakes.append(f"{path}: {num_latents} points of latents, {num_factors} of factors")
    if mistakes:
        raise DataError("\n".join(mistakes))
    return found["latents"], found["factors"]


def _read_npz(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as arrays:
        return _picked(arrays, list(arrays.files))


def _read_h5(path: Path) -> dict[str, Any]:
    import h5py

    # Unlocked, so that a file is read that another process has open for writing.
    with h5py.File(path, "r", locking=False) as arrays:
        return _picked(arrays, [n for n in arrays if isinstance(arrays[n], h5py.Dataset)])


def _picked(arrays: Any, held: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"names": held}
    for name, spellings in _NAMES.items():
        for spelling in spellings:
            if spelling in held and name not in found:
                found[name] = np.asarray(arrays[spelling])
    return found


def _read_parquet(path: Path) -> dict[str, Any]:
    import pyarrow.parquet

    # Only the file itself: a folder named like `seed=1` must not add a column.
    table = pyarrow.parquet.ParquetFile(path).read()
    found: dict[str, Any] = {"names": table.column_names}
    for name in _NAMES:
        if name in table.column_names:
            found[name] = _from_lists(path, name, table[name].to_pylist())
        elif columns := _numbered(path, name, table.column_names):
            found[name] = np.stack([table[c].to_numpy() for c in columns], axis=1)
    return found


def _from_lists(path: Path, name: str, rows: list[Any]) -> np.ndarray:
    if not all(isinstance(row, list) for row in rows):
        raise DataError(
            f"{path}: column `{name}` must hold a list in every row, or be {name}_0, .."
        )
    if len({len(row) for row in rows}) > 1:
        raise DataError(f"{path}: the lists in column `{name}` differ in length")
    if any(value is None for row in rows for value in row):
        raise DataError(f"{path}: column `{name}` holds empty values")
    return np.array(rows)


def _numbered(path: Path, name: str, columns: list[str]) -> list[str]:
    """name_0, name_1, .. in the order of their numbers, which must not skip one."""
    matches = [re.fullmatch(rf"{name.removesuffix('s')}s?_(\d+)", column) for column in columns]
    numbers = sorted((int(match[1]), match[0]) for match in matches if match)
    if [number for number, _ in numbers] != list(range(len(numbers))):
        names = ", ".join(column for _, column in numbers)
        raise DataError(f"{path}: columns {names} must be numbered 0 to {len(numbers) - 1}")
    return [column for _, column in numbers]


_READERS = {".npz": _read_npz, ".h5": _read_h5, ".hdf5": _read_h5, ".parquet": _read_parquet}
