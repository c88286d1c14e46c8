"""Which files a prepared dataset was made from: identified by their content.

A file whose stamp (name, size, both times, inode) is unchanged is not read again. No program can
set the time of change (ctime), so a file that is replaced by one of the same size and time has
another stamp; then the digests decide."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def file_descriptions(files: Sequence[Path]) -> list[dict[str, Any]]:
    """Stamp and SHA-256 of each file, as the manifest holds them."""
    return [{**_stamp(path), "sha256": _digest(path)} for path in files]


def have_changed(described: Sequence[dict[str, Any]], files: Sequence[Path]) -> bool:
    """Whether the stamp of a file differs from its description."""
    stamps = [{k: v for k, v in found.items() if k != "sha256"} for found in described]
    return stamps != [_stamp(path) for path in files]


def same_content(described: Sequence[dict[str, Any]], files: Sequence[Path]) -> bool:
    """Whether the files hold what was described. Reads files of another stamp. Descriptions of
    older versions have no digest: then it is not known, and the result is False."""
    if not all("sha256" in found for found in described):
        return False
    if not have_changed(described, files):
        return True
    sizes = [(path.name, path.stat().st_size) for path in files]
    if sizes != [(found["name"], found["bytes"]) for found in described]:
        return False
    return [found["sha256"] for found in described] == [_digest(path) for path in files]


def _stamp(path: Path) -> dict[str, Any]:
    found = path.stat()
    return {
        "name": path.name,
        "bytes": found.st_size,
        "mtime_ns": found.st_mtime_ns,
        "ctime_ns": found.st_ctime_ns,
        "inode": found.st_ino,
    }


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
