"""Grids that a running launch is asked to train too: files in the folder `requests` of the store.

Another launch writes one, where the store is in use; the launch that holds the lock takes them, the
oldest first, and removes each when it is done."""

import json
import time
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from sweeper.errors import StoreError
from sweeper.store.folders import open_at
from trainers.errors import RecordError
from trainers.saving.folders import Folder


@dataclass(frozen=True)
class LaunchRequest:
    """A grid to train. file: its path, which the running launch must be able to read.
    settings: fields of `Settings` that belong to the request."""

    file: str
    settings: dict[str, Any]


def write_request(store: str, request: LaunchRequest) -> str:
    """Returns the request's name. Raises StoreError."""
    name = f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}.json"
    try:
        _folder(store).write(name, json.dumps(asdict(request)).encode())
    except OSError as error:
        raise StoreError(f"the sweep store {store} cannot be written: {error}") from error
    return name


def oldest_request(store: str) -> tuple[str, LaunchRequest] | None:
    """The name and content of the oldest request; damaged ones are removed."""
    folder = _folder(store)
    for name in folder.names():
        try:
            found = json.loads(folder.read(name))
            return name, LaunchRequest(str(found["file"]), dict(found["settings"]))
        except (RecordError, ValueError, KeyError, TypeError):
            folder.delete(name)
    return None


def remove_request(store: str, name: str) -> None:
    _folder(store).delete(name)


def _folder(store: str) -> Folder:
    return open_at(store, "requests")
