"""Folders of immutable files: written under a temporary name with a digest, then renamed.

A file's final name contains the digest of its content, `<stem>-<16 hex digits><suffix>`, so a
truncated or altered file is detected when it is read."""

import contextlib
import hashlib
import os
import re
from pathlib import Path
from typing import Protocol

from trainers.errors import RecordError
from trainers.files import write_then_rename

_DIGITS = 16
_NAME = re.compile(r"(?P<stem>.+)-(?P<digest>[0-9a-f]{16})(?P<suffix>\.[a-z0-9]+)")


class Folder(Protocol):
    """A folder without subfolders. `write` is atomic: a reader sees a complete file or none."""

    def names(self) -> list[str]:
        """Names of complete files, sorted; [] if the folder does not exist."""
        ...

    def read(self, name: str) -> bytes:
        """The content. Raises RecordError if there is no such file."""
        ...

    def write(self, name: str, data: bytes | memoryview) -> None: ...

    def delete(self, name: str) -> None:
        """Removes the file, if it exists."""
        ...


class LocalFolder:
    """A folder of the file system, shared or local."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    def __repr__(self) -> str:
        return f"LocalFolder({str(self.path)!r})"

    def names(self) -> list[str]:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            found = (e.name for e in os.scandir(self.path) if e.is_file())
            return sorted(name for name in found if not name.startswith("."))
        return []

    def read(self, name: str) -> bytes:
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise RecordError(f"{self.path / name}: cannot be read ({error.strerror})") from error

    def write(self, name: str, data: bytes | memoryview) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        with write_then_rename(self.path / name) as temporary, temporary.open("wb") as file:
            file.write(data)

    def delete(self, name: str) -> None:
        (self.path / name).unlink(missing_ok=True)

    def remove_partial_files(self) -> None:
        """Removes the temporary files of killed writers. Only for a folder's sole writer."""
        for path in self.path.glob(".*.tmp"):
            path.unlink(missing_ok=True)


def write_digested(folder: Folder, stem: str, suffix: str, data: bytes | memoryview) -> str:
    """Writes `data` and returns its name, `<stem>-<digest><suffix>`.

    A view of a buffer is released by its caller, also after an error: a buffer with views cannot
    be closed, and Python 3.13 prints so when it is collected."""
    name = f"{stem}-{hashlib.sha256(data).hexdigest()[:_DIGITS]}{suffix}"
    folder.write(name, data)
    return name


def read_digested(folder: Folder, name: str) -> bytes:
    """The content of `name`. Raises RecordError if it differs from what was written."""
    data = folder.read(name)
    match = _NAME.fullmatch(name)
    found = hashlib.sha256(data).hexdigest()[:_DIGITS]
    if match is None or match["digest"] != found:
        raise RecordError(f"{folder!r}: {name} is damaged: the digest of its content is {found}")
    return data


def is_damaged(folder: Folder, name: str) -> bool:
    """Whether `name` can be read and differs from what was written."""
    try:
        folder.read(name)
    except (RecordError, OSError):
        return False
    try:
        read_digested(folder, name)
    except RecordError:
        return True
    return False


def stem_of(name: str) -> str | None:
    """The stem of a name with a digest, or None for any other name."""
    match = _NAME.fullmatch(name)
    return match["stem"] if match else None


def files_by_number(folder: Folder, kind: str) -> dict[int, str]:
    """Names of the files `<kind>-<number>-<digest>` in `folder`, by number, ascending."""
    found: dict[int, str] = {}
    for name in folder.names():
        prefix, _, number = (stem_of(name) or "").rpartition("-")
        if prefix == kind and number.isdigit():
            found[int(number)] = name
    return dict(sorted(found.items()))
