"""What a reader of a published file hands to `prepare`, and what all readers share.

Shapes: N images, K factors, C H W image, n images of a block."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from trainers.datasets.access.prepared import Layout
from trainers.errors import DataError
from trainers.specs.datasets import DatasetSpec

Blocks = Iterator[np.ndarray]  # (n, C, H, W) uint8, in the dataset's order, n as the file likes


@dataclass(frozen=True)
class Checksum:
    """A published digest of a whole file."""

    algorithm: str
    digest: str


@dataclass(frozen=True)
class PublishedFile:
    """A file whose labels and layout were checked and whose images can be read in order.

    blocks(start) yields the images from number `start` on. checksums: the accepted digests of a
    file, one of which must agree. arrays: further arrays to store next to images and factors."""

    spec: DatasetSpec
    factors_NK: np.ndarray
    blocks: Callable[[int], Blocks]
    layout: Layout = "uint8"
    scale: float = 1 / 255
    checksums: dict[Path, tuple[Checksum, ...]] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadRequest:
    """The files to read, and the dataset they should hold.

    any_size: accept a file of the same layout with another number of images."""

    files: tuple[Path, ...]
    spec: DatasetSpec
    any_size: bool = False

    def file(self, *endings: str) -> Path:
        """The one file whose name has one of these endings."""
        found = [path for path in self.files if path.name.lower().endswith(endings)]
        if len(found) != 1:
            given = ", ".join(path.name for path in self.files) or "nothing"
            raise DataError(
                f"{self.spec.name}: expected one file ending in {' or '.join(endings)}, "
                f"got {len(found)} among: {given}. Published as {', '.join(self.spec.files)}"
            )
        return found[0]


def files_of(sources: Path | str | Sequence[Path | str]) -> tuple[Path, ...]:
    """The named files, each folder replaced by the files directly in it."""
    paths = [Path(sources)] if isinstance(sources, str | Path) else [Path(s) for s in sources]
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise DataError("no such file: " + ", ".join(missing))
    files: list[Path] = []
    for path in paths:
        inside = path.iterdir() if path.is_dir() else [path]
        files.extend(sorted(entry for entry in inside if entry.is_file()))
    return tuple(files)


def require_count(found: int, request: ReadRequest, where: str, hint: str = "") -> None:
    """The published number of images, unless any size is welcome."""
    expected = request.spec.num_images
    if not request.any_size and found != expected:
        more = f" {hint}" if hint else ""
        raise DataError(
            f"{where}: {found:,} images, expected {expected:,} of {request.spec.title}.{more} "
            "A smaller file of this layout is taken with --any-size"
        )
    if found == 0:
        raise DataError(f"{where}: holds no image")


def require_shape(found: tuple[int, ...], expected: tuple[int, ...], where: str) -> None:
    if tuple(found) != tuple(expected):
        raise DataError(f"{where}: shape {tuple(found)}, expected {tuple(expected)}")
