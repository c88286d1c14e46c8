"""The sweep store: one folder of records and checkpoints a training, on disk or on S3.

It serves going on after a kill, and nothing else: tables and figures come from MLflow, and the
store may be deleted when a sweep is done."""

import contextlib
import fcntl
import re
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from sweeper.errors import StoreError, UsageError
from trainers.folders import Folder, LocalFolder
from trainers.records import Found, find_records

DEFAULT_STORE = "sweep_store"
_ID = re.compile(r"[0-9a-f]{16}")


def is_remote(store: str) -> bool:
    """Whether `store` is a bucket's address. Raises UsageError for one of another kind."""
    if "://" not in store:
        return False
    if re.fullmatch(r"s3://[^/?#@]+(/[^?#]*)?", store) is None:
        raise UsageError(
            f"store {_shown(store)}: not the address of a bucket. Write s3://BUCKET/FOLDER; the "
            "endpoint and the keys come from AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY"
        )
    if ".." in store.split("/"):
        raise UsageError(f"store {store}: '..' leads out of the bucket's folder")
    return True


def beside(store: str) -> Path:
    """A folder on disk for what is appended to, which a bucket cannot: the store itself, or
    sweep_store/ in the working folder where the store is a bucket."""
    return Path.cwd() / DEFAULT_STORE if is_remote(store) else Path(store)


def open_folder(store: str, training_id: str) -> Folder:
    """The folder of one training. Raises StoreError for an id that is none."""
    if _ID.fullmatch(training_id) is None:
        raise StoreError(f"{training_id!r} is not a training id")
    return _open(store, "trainings", training_id)


def _open(store: str, *parts: str) -> Folder:
    if is_remote(store):
        from sweeper.buckets import BucketFolder

        return BucketFolder("/".join([store.rstrip("/"), *parts]))
    return LocalFolder(Path(store, *parts))


def scan(store: str, training_ids: Iterable[str]) -> dict[str, Found]:
    """What the store holds of each training, by file names alone.

    Raises StoreError for a store that cannot be read."""
    try:
        return {
            training_id: find_records(open_folder(store, training_id))
            for training_id in training_ids
        }
    except OSError as error:
        raise StoreError(f"the sweep store {store} cannot be read: {error}") from error


def check_writable(store: str) -> None:
    """Writes a file, reads it back and removes it. Raises StoreError."""
    data = uuid.uuid4().bytes
    name = f"probe-{uuid.uuid4().hex}"
    try:
        folder = _open(store)
        folder.write(name, data)
        same = folder.read(name) == data
        folder.delete(name)
    except Exception as error:  # of the disk, the network, the bucket's owner
        raise StoreError(f"the sweep store {store} cannot be written: {error}") from error
    if not same:
        raise StoreError(f"the sweep store {store} does not give back what was written")


def leave_probe(store: str, name: str) -> None:
    """Leaves a file by which another machine can tell whether its store is this one."""
    try:
        _open(store).write(name, b"probe")
    except OSError as error:
        raise StoreError(f"the sweep store {store} cannot be written: {error}") from error


def has_probe(store: str, name: str) -> bool:
    """Whether the file of `leave_probe` is here."""
    return name in _open(store).names()


def remove_probe(store: str, name: str) -> None:
    with contextlib.suppress(OSError):
        _open(store).delete(name)


@contextlib.contextmanager
def hold(store: str, training_id: str, patience_s: float = 60.0) -> Iterator[None]:
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
        end = time.monotonic() + patience_s
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


def _shown(store: str) -> str:
    """Without what may be a password."""
    return re.sub(r"//[^/@]*@", "//***@", store.split("?")[0])
