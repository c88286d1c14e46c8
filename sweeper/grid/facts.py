"""What a plan must know of a dataset: from the table of datasets, or from a file of the user's own.

A file holds `images`, uint8 (N, H, W) or (N, H, W, C), and `factors`, integers (N, K). Only its
headers and `factors` are read here, never the images."""

import hashlib
import math
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweeper.errors import DatasetError
from sweeper.grid.dataset_entry import DatasetEntry
from trainers.config import FILE_SOURCE
from trainers.specs.datasets import DATASETS
from trainers.specs.networks import NETWORKS

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Facts:
    """image_CHW: channels, height, width.  factor_grid: every combination of factor values is an
    image, once.  source: the default one.  path: absolute, for a file of the user's own."""

    name: str
    source: str
    image_CHW: tuple[int, int, int]
    num_images: int
    latent_dim: int
    network: str
    factor_grid: bool
    path: str | None = None

    @property
    def digest(self) -> str | None:
        """SHA-256 of the user's own file; reads all of it, once for each state of the file."""
        return None if self.path is None else _digest(*_state(Path(self.path)))


def facts_of(entry: DatasetEntry, folder: Path) -> Facts:
    """The facts of an entry of `datasets`. Raises DatasetError for a file that is no dataset."""
    if entry.path is not None:
        return _own(entry.name, *_state((folder / entry.path).resolve()))
    spec = DATASETS[entry.name]
    return Facts(
        name=spec.name,
        source=spec.sources[0],
        image_CHW=spec.image_CHW,
        num_images=spec.num_images,
        latent_dim=spec.latent_dim,
        network=spec.network,
        factor_grid=spec.factor_grid,
    )


def _state(path: Path) -> tuple[str, int, int]:
    """What tells whether a file has changed since it was read."""
    try:
        stat = path.stat()
    except (OSError, ValueError):
        raise DatasetError(f"the file {path} does not exist.") from None
    return str(path), stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=64)
def _digest(path: str, mtime_ns: int, size: int) -> str:
    with open(path, "rb") as stream:
        digest: str = hashlib.file_digest(stream, "sha256").hexdigest()
    return digest


@lru_cache(maxsize=64)
def _own(name: str, path: str, mtime_ns: int, size: int) -> Facts:
    try:
        shape, factors_NK = _read(path)
    except DatasetError:
        raise
    except Exception as error:  # a damaged file fails in many ways; none of them is ours
        raise DatasetError(f"the file {path} cannot be read: {error}") from None
    if len(shape) not in (3, 4) or factors_NK.ndim != 2 or shape[0] != len(factors_NK):
        raise DatasetError(
            f"the file {path} must hold images (N, H, W) or (N, H, W, C) and factors (N, K); "
            f"it holds {tuple(shape)} and {factors_NK.shape}."
        )
    channels = shape[3] if len(shape) == 4 else 1
    return Facts(
        name=name,
        source=FILE_SOURCE,
        image_CHW=(channels, shape[1], shape[2]),
        num_images=shape[0],
        latent_dim=factors_NK.shape[1],
        network=_network(shape[1]),
        factor_grid=_is_grid(factors_NK),
        path=path,
    )


def _read(path: str) -> tuple[tuple[int, ...], "np.ndarray[Any, Any]"]:
    """The shape of `images`, and `factors`."""
    import numpy as np

    if path.endswith(".npz"):
        with np.load(path, allow_pickle=False) as arrays:
            _need(path, arrays.files)
            return _npz_shape(path), arrays["factors"]
    import h5py

    with h5py.File(path, "r", locking=False) as stored:
        _need(path, list(stored))
        return tuple(stored["images"].shape), np.asarray(stored["factors"])


def _npz_shape(path: str) -> tuple[int, ...]:
    """The shape in the header of `images`, without the images."""
    from numpy.lib import format as npy

    with zipfile.ZipFile(path) as archive, archive.open("images.npy") as stream:
        version = npy.read_magic(stream)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, _ = read(stream)
    return tuple(shape)


def _need(path: str, names: list[str]) -> None:
    missing = [name for name in ("images", "factors") if name not in names]
    if missing:
        raise DatasetError(f"the file {path} has no array {' and no '.join(missing)}.")


def _network(height: int) -> str:
    """A convolutional network where one is made for the size, else the one for any size."""
    for name in ("cnn", "mlp"):
        if name in NETWORKS and (not NETWORKS[name].sizes or height in NETWORKS[name].sizes):
            return name
    return str(next(iter(NETWORKS)))


def _is_grid(factors_NK: "np.ndarray[Any, Any]") -> bool:
    """Whether every combination of values is there exactly once."""
    import numpy as np

    sizes = [len(np.unique(column)) for column in factors_NK.T]
    if math.prod(sizes) != len(factors_NK):
        return False
    return len(np.unique(factors_NK, axis=0)) == len(factors_NK)
