"""What a plan needs of a dataset: from the table of datasets, or from the user's own file.

`trainers.datasets.custom` describes the format of such a file. Of its images only floats are read
here, to see whether they can be used."""

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from sweeper.errors import DatasetError
from sweeper.grid.blocks.dataset_entry import DatasetEntry
from trainers.config import FILE_SOURCE
from trainers.specs.datasets import DATASETS, DatasetSpec


@dataclass(frozen=True)
class DatasetFacts:
    """image_CHW: channels, height, width.  factor_grid: every combination of factor values is an
    image, once.  source: the default one.  path: absolute, of the user's own file.
    constant_factors: names of factors that have one value in every image.  has_factors: False for
    the user's own images without labels."""

    name: str
    source: str
    image_CHW: tuple[int, int, int]
    num_images: int
    latent_dim: int
    network: str
    factor_grid: bool
    path: str | None = None
    factor_sizes: tuple[tuple[str, int], ...] = ()  # by name
    constant_factors: tuple[str, ...] = ()
    has_factors: bool = True

    @property
    def digest(self) -> str | None:
        """SHA-256 of the user's own file; computed once for each state of the file."""
        return None if self.path is None else _digest(*_state(Path(self.path)))


def facts_of(entry: DatasetEntry, folder: Path) -> DatasetFacts:
    """The facts of an entry of `datasets`. Raises DatasetError for a file that is not a dataset."""
    if entry.path is not None:
        return _own(entry.name, *_state((folder / entry.path).resolve()))
    spec = DATASETS[entry.name]
    return _of(spec, spec.sources[0])


def _of(spec: DatasetSpec, source: str) -> DatasetFacts:
    return DatasetFacts(
        name=spec.name,
        source=source,
        image_CHW=spec.image_CHW,
        num_images=spec.num_images,
        latent_dim=spec.latent_dim,
        network=spec.network,
        factor_grid=spec.factor_grid,
        factor_sizes=tuple(zip(spec.factor_names, spec.factor_sizes, strict=True)),
    )


def _state(path: Path) -> tuple[str, int, int, int]:
    """Size, inode and time of change of a file; one of them changes when it is written or
    replaced, whatever its time of modification is set to."""
    try:
        stat = path.stat()
    except (OSError, ValueError):
        raise DatasetError(f"the file {path} does not exist.") from None
    return str(path), stat.st_ctime_ns, stat.st_size, stat.st_ino


@lru_cache(maxsize=64)
def _digest(path: str, ctime_ns: int, size: int, inode: int) -> str:
    with open(path, "rb") as stream:
        digest: str = hashlib.file_digest(stream, "sha256").hexdigest()
    return digest


@lru_cache(maxsize=64)
def _own(name: str, path: str, ctime_ns: int, size: int, inode: int) -> DatasetFacts:
    from trainers.datasets.custom import check_pixels, constant_factors, has_factors, read
    from trainers.errors import TrainerError

    try:
        spec = read(name, Path(path)).spec
        check_pixels(Path(path))
        is_labelled = has_factors(Path(path))
        constant = constant_factors(Path(path), spec.factor_names if is_labelled else ())
    except TrainerError as error:
        raise DatasetError(f"{error}.") from None
    facts = _of(spec, FILE_SOURCE)
    return replace(facts, path=path, constant_factors=constant, has_factors=is_labelled)
