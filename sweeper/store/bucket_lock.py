"""One launch at a time per bucket: an object that its launch refreshes (a heartbeat).

A bucket releases nothing when a process dies, so a lock expires once its object has not changed for
`STALE_S`, measured by the waiting launch's own clock: clocks of two machines are never compared."""

import contextlib
import json
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

from sweeper.errors import StoreError
from sweeper.store.lock_holder import in_use_error

HEARTBEAT_S = 20.0
STALE_S = 90.0  # a launch waits this long before it takes over an unchanged lock
_NAME = "launch.lock"


@contextlib.contextmanager
def bucket_lock(store: str, about: str) -> Iterator[None]:
    """Locks the store while a launch runs. Raises UsageError that names the launch holding it.

    Two launches begun within a second of each other both look again after they have written: the
    last writer wins, the other one is refused."""
    from sweeper.store.bucket import BucketFolder

    folder = BucketFolder(store)
    own = json.loads(about) | {"token": uuid.uuid4().hex}
    _wait_until_stale(folder, store)
    _write_heartbeat(folder, own, 0)
    time.sleep(min(1.0, HEARTBEAT_S / 2))
    if _read(folder).get("token") != own["token"]:
        raise in_use_error(store, json.dumps(_read(folder)))
    stopped = threading.Event()
    beating = threading.Thread(target=_refresh, args=(folder, own, stopped), daemon=True)
    beating.start()
    try:
        yield
    finally:
        stopped.set()
        beating.join()
        with contextlib.suppress(OSError):
            if _read(folder).get("token") == own["token"]:
                folder.delete(_NAME)


def _wait_until_stale(folder: Any, store: str) -> None:
    """Returns once there is no lock, or one that has expired."""
    before = _read(folder)
    end = time.monotonic() + STALE_S
    while before and time.monotonic() < end:
        time.sleep(min(1.0, HEARTBEAT_S / 2))
        now = _read(folder)
        if now and now != before:
            raise in_use_error(store, json.dumps(now))
        before = now


def _refresh(folder: Any, own: dict[str, Any], stopped: threading.Event) -> None:
    count = 0
    while not stopped.wait(HEARTBEAT_S):
        count += 1
        with contextlib.suppress(OSError):  # the next heartbeat may succeed
            _write_heartbeat(folder, own, count)


def _write_heartbeat(folder: Any, own: dict[str, Any], count: int) -> None:
    try:
        folder.write(_NAME, json.dumps(own | {"beat": count}).encode())
    except OSError as error:
        if count == 0:
            raise StoreError(f"{folder.address} cannot be written: {error}") from error
        raise


def _read(folder: Any) -> dict[str, Any]:
    """What the lock holds; {} where there is none, or the object is not a lock."""
    if _NAME not in folder.names():
        return {}
    try:
        found = json.loads(folder.read(_NAME))
    except Exception:  # deleted between the two calls, or not a lock
        return {}
    return found if isinstance(found, dict) else {}
