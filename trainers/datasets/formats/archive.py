"""Archives, untrusted: member names are checked, and nothing is ever unpacked to disk.

Shapes: n images of a block, C H W image."""

import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np

from trainers.datasets.formats.damage import damage_named
from trainers.errors import DataError

_BLOCK_IMAGES = 256


def safe_members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """Files of a zip by name. Raises DataError for a name outside the archive, a link, a name
    that comes twice, or an empty archive."""
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        _check_name(info.filename, path)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise DataError(f"{path}: member {info.filename!r} is a link; refused")
        if info.is_dir():
            continue
        if info.filename in members:
            raise DataError(f"{path}: member {info.filename!r} comes twice")
        members[info.filename] = info
    if not members:
        raise DataError(f"{path}: an empty archive")
    return members


def safe_tar_files(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and open file of each regular member of a tar, in its order."""
    seen: set[str] = set()
    with damage_named(path), tarfile.open(path) as archive:
        for member in archive:
            _check_name(member.name, path)
            if member.issym() or member.islnk():
                raise DataError(f"{path}: member {member.name!r} is a link; refused")
            if not member.isfile():
                continue
            if member.name in seen:
                raise DataError(f"{path}: member {member.name!r} comes twice")
            seen.add(member.name)
            stream = archive.extractfile(member)
            assert stream is not None, "extractfile gives a stream for each regular file"
            with stream:
                yield member.name, stream
    if not seen:
        raise DataError(f"{path}: an empty archive")


def _check_name(name: str, path: Path) -> None:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or parts[0].startswith("/") or ":" in parts[0] or ".." in parts:
        raise DataError(f"{path}: member {name!r} points outside the archive; refused")


def zip_images(
    path: Path, names: Sequence[str], decode: Callable[[bytes, str], np.ndarray], start: int
) -> Iterator[np.ndarray]:
    """Blocks (n, C, H, W) of the named members from number `start` on, decoded in threads."""
    with (
        damage_named(path),
        zipfile.ZipFile(path) as archive,
        ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool,
    ):
        for first in range(start, len(names), _BLOCK_IMAGES):
            some = names[first : first + _BLOCK_IMAGES]
            payloads = [archive.read(name) for name in some]
            yield np.stack(list(pool.map(decode, payloads, some)))
