"""One launch at a time per store: two would run the same trainings in the same folders."""

import contextlib
import fcntl
import json
import socket
from collections.abc import Iterator
from pathlib import Path

from sweeper.errors import StoreError
from sweeper.store.address import is_remote
from sweeper.store.lock_holder import describe_launch, in_use_error

_NAME = "launch.lock"


@contextlib.contextmanager
def store_lock(store: str, grid: str, *, takes_requests: bool = False) -> Iterator[None]:
    """Locks the store while a launch runs. takes_requests: whether it takes those of
    `store.requests`.

    On disk the system releases the lock when the process ends, whatever ends it, so a killed launch
    leaves no lock; for buckets see `bucket_lock`.

    Raises StoreInUseError that names who holds it, StoreError for an unusable store."""
    if is_remote(store):
        from sweeper.store.bucket_lock import bucket_lock

        with bucket_lock(store, describe_launch(grid, takes_requests=takes_requests)):
            yield
        return
    with _open(Path(store)) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise in_use_error(store, file.read()) from None
        except OSError as error:
            raise StoreError(f"{store} cannot be locked: {error.strerror}") from error
        file.truncate(0)
        file.write(describe_launch(grid, takes_requests=takes_requests))
        file.flush()
        yield


def _open(store: Path):  # type: ignore[no-untyped-def]
    try:
        store.mkdir(parents=True, exist_ok=True)
        return (store / _NAME).open("a+", encoding="utf-8", errors="replace")
    except OSError as error:
        raise StoreError(
            f"the sweep store {store} cannot be used: {error.strerror}. Name another with --store"
        ) from error


def local_holder_pid(store: str) -> int | None:
    """The process on this machine that holds the lock of a store on disk, or None."""
    path = Path(store) / _NAME
    if is_remote(store) or not path.is_file():
        return None
    with path.open("r", encoding="utf-8", errors="replace") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None  # not locked: the text is of a launch that ended
        except OSError:
            pass
        try:
            held = json.loads(file.read())
            return int(held["pid"]) if held["host"] == socket.gethostname() else None
        except (ValueError, KeyError, TypeError):
            return None
