"""The file that stores a search: Optuna's journal, one line of JSON for each change.

A process that is killed while it writes leaves a partial line and perhaps the lock file. Optuna
would append the next line to the partial one, and could then never read the file again. Both are
repaired when a search is opened for writing; the caller must ensure that there is one writer."""

import json
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend

_IDENTITY = "identity"


class SearchMismatch(ValueError):
    """The search stored in a file differs from the requested one."""


def open_storage(path: Path | None) -> BaseStorage:
    """The repaired storage at `path`; without a path, one in memory."""
    if path is None:
        return InMemoryStorage()
    path.parent.mkdir(parents=True, exist_ok=True)
    Path(f"{path}.lock").unlink(missing_ok=True)
    cut_partial_line(path)
    return JournalStorage(JournalFileBackend(str(path)))


def reading_storage(path: Path) -> BaseStorage:
    """The storage at `path` for reading, while another process may write to it."""
    return JournalStorage(JournalFileBackend(str(path)))


def cut_partial_line(path: Path) -> int:
    """Removes a partial line from the end. Returns the number of bytes removed."""
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
    """Stores the identity in a new study. Raises SearchMismatch if a stored one differs."""
    known = study.user_attrs.get(_IDENTITY)
    plain = json.loads(json.dumps(identity))
    if known is None:
        study.set_user_attr(_IDENTITY, plain)
        return
    changed = [
        f"{key} was {_text(known.get(key))} and is {_text(plain.get(key))}"
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


def _text(value: Any) -> str:
    return "absent" if value is None else json.dumps(value)
