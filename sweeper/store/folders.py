"""The sweep store: one folder of records and checkpoints a training, on disk or on S3.

It exists only to resume a sweep: tables and figures come from MLflow, and the store may be deleted
once a sweep is complete."""

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
    """The folder of one training. Raises StoreError for a malformed id."""
    if _ID.fullmatch(training_id) is None:
        raise StoreError(f"{training_id!r} is not a training id")
    return open_at(store, "trainings", training_id)


def open_at(store: str, *parts: str) -> Folder:
    """The folder at `parts` below the root of the store."""
    if is_remote(store):
        from sweeper.store.bucket import BucketFolder

        return BucketFolder("/".join([store.rstrip("/"), *parts]))
    return LocalFolder(Path(store, *parts))


def read_progress(store: str, training_ids: Iterable[str]) -> dict[str, FolderContents]:
    """The records and checkpoints of each training, found by file name alone.

    Raises StoreError for a store that cannot be read."""
    try:
        return {
            training_id: find_records(open_folder(store, training_id))
            for training_id in training_ids
        }
    except OSError as error:
        raise StoreError(
            f"the sweep store {store} cannot be read: {error}. Make it readable, or name another "
            "with --store"
        ) from error


@contextlib.contextmanager
def lock_folder(store: str, training_id: str, timeout_s: float = 60.0) -> Iterator[None]:
    """Locks a training's folder for the one worker that writes into it.

    Workers of a killed launch run for some seconds more; those of the next launch wait here until
    they have ended. The system releases the lock when a process ends, whatever ends it. Where the
    file system cannot lock, and in a bucket, there is no lock: files are immutable and appear
    whole, so two writers waste work but damage nothing.

    Raises StoreError when another worker holds the lock for longer than `timeout_s`."""
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
