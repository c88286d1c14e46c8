"""The sweep store: one folder of records and checkpoints a training, on disk or on S3.

It serves going on after a kill, and nothing else: tables and figures come from MLflow, and the
store may be deleted when a sweep is done."""

import contextlib
import fcntl
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from sweeper.errors import StoreError
from sweeper.store.address import is_remote
from trainers.saving.folders import Folder, LocalFolder
from trainers.saving.records import FolderContents, find_records

_ID = re.compile(r"[0-9a-f]{16}")


def open_folder(store: str, training_id: str) -> Folder:
    """The folder of one training. Raises StoreError for an id that is none."""
    if _ID.fullmatch(training_id) is None:
        raise StoreError(f"{training_id!r} is not a training id")
    return open_at(store, "trainings", training_id)


def open_at(store: str, *parts: str) -> Folder:
    if is_remote(store):
        from sweeper.store.bucket import BucketFolder

        return BucketFolder("/".join([store.rstrip("/"), *parts]))
    return LocalFolder(Path(store, *parts))


def read_progress(store: str, training_ids: Iterable[str]) -> dict[str, FolderContents]:
    """What the store holds of each training, by file names alone.

    Raises StoreError for a store that cannot be read."""
    try:
        return {
            training_id: find_records(open_folder(store, training_id))
            for training_id in training_ids
        }
    except OSError as error:
        raise StoreError(f"the sweep store {store} cannot be read: {error}") from error


@contextlib.contextmanager
def lock_folder(store: str, training_id: str, timeout_s: float = 60.0) -> Iterator[None]:
    """Held by the one worker that writes into a training's folder.

    The workers of a launch that was killed live on for some seconds; the next launch's wait here
    until they are gone. The system lets go when a process ends, however it ends. Where a file
    system cannot lock, and in a bucket, nothing is held: files are immutable and appear whole, so
    two writers waste work but spoil nothing.

    Raises StoreError when another worker holds the folder for longer than `patience_s`."""
    if is_remote(store):
        yield
        return
    folder = Path(store) / "trainings" / training_id
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".held").open("a") as file:
        end = time.monotonic() + timeout_s
        while not _locked(file.fileno()):
            if time.monotonic() > end:
                raise StoreError(f"{folder} is in use by another worker")
            time.sleep(0.1)
        yield


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
