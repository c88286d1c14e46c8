"""The file that a search is kept in: Optuna's journal, a line of JSON for each thing that happened.

A process that is killed while it writes leaves half a line, and may leave the lock; Optuna would
glue the next line to the half one and never read the file again. Both are mended when a search is
opened for writing; the caller sees to it that there is one writer."""

import json
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend

_IDENTITY = "identity"


class SearchMismatch(ValueError):
    """The search in a file is another one than is asked for."""


def open_storage(path: Path | None) -> BaseStorage:
    """The storage at `path`, mended; without a path, one that ends with the process."""
    if path is None:
        return InMemoryStorage()
    path.parent.mkdir(parents=True, exist_ok=True)
    Path(f"{path}.lock").unlink(missing_ok=True)
    cut_partial_line(path)
    return JournalStorage(JournalFileBackend(str(path)))


def reading_storage(path: Path) -> BaseStorage:
    """The storage at `path`, for a reader beside the writer: half a line is not read."""
    return JournalStorage(JournalFileBackend(str(path)))


def cut_partial_line(path: Path) -> int:
    """Cuts what a killed writer left of a line off the end. Returns how many bytes that were."""
    if not path.exists():
        return 0
    data = path.read_bytes()
    good = data.rfind(b"\n") + 1
    while good and not _is_line(data[:good]):
        good = data.rfind(b"\n", 0, good - 1) + 1
    if good < len(data):
        with path.open("r+b") as file:
            file.truncate(good)
    return len(data) - good


def check_identity(study: optuna.Study, identity: dict[str, Any]) -> None:
    """Writes what the search is into a new study. Raises ChangedSearch, telling what differs."""
    known = study.user_attrs.get(_IDENTITY)
    plain = json.loads(json.dumps(identity))
    if known is None:
        study.set_user_attr(_IDENTITY, plain)
        return
    changed = [
        f"{key} was {_told(known.get(key))} and is {_told(plain.get(key))}"
        for key in sorted({*known, *plain})
        if known.get(key) != plain.get(key)
    ]
    if changed:
        raise SearchMismatch("; ".join(changed))


def _is_line(data: bytes) -> bool:
    last = data[data.rfind(b"\n", 0, len(data) - 1) + 1 :]
    try:
        return isinstance(json.loads(last), dict)
    except ValueError:
        return False


def _told(value: Any) -> str:
    return "absent" if value is None else json.dumps(value)
