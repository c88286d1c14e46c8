"""One launch at a time per bucket: an object that its launch refreshes (a heartbeat).

It is created and replaced by conditional PUTs, so that of several launches one gets it. A bucket
releases nothing when a process dies, so a lock expires once its object has not changed for
`STALE_S`, measured by the waiting launch's own clock: clocks of two machines are never compared."""

import contextlib
import json
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

from sweeper.errors import StoreError
from sweeper.store import conditional_put
from sweeper.store.lock_holder import in_use_error

HEARTBEAT_S = 20.0
STALE_S = 90.0  # a launch waits this long before it takes over an unchanged lock
_NAME = "launch.lock"


@contextlib.contextmanager
def bucket_lock(store: str, about: str) -> Iterator[None]:
    """Locks the store while a launch runs.

    Raises StoreInUseError that names the launch holding it, StoreError for an unusable bucket."""
    address = f"{store.rstrip('/')}/{_NAME}"
    own = json.loads(about) | {"token": uuid.uuid4().hex}
    _acquire(address, store, own)
    stopped = threading.Event()
    beating = threading.Thread(target=_refresh, args=(address, own, stopped), daemon=True)
    beating.start()
    try:
        yield
    finally:
        stopped.set()
        beating.join()
        with contextlib.suppress(StoreError, OSError):
            _release(address, store, own)


def _acquire(address: str, store: str, own: dict[str, Any]) -> None:
    """Writes the lock. Raises StoreInUseError."""
    text = _text(own, 0)
    etag = conditional_put.put_new(address, text)
    if etag is None:
        old = _wait_until_stale(address, store)
        etag = conditional_put.replace(address, text, old) if old else None
        etag = etag or conditional_put.put_new(address, text)
    time.sleep(min(1.0, HEARTBEAT_S / 2))
    found = conditional_put.read_with_etag(address)
    # A server that ignores the conditions keeps what was written last.
    if etag is None or found is None or _content(found[0]).get("token") != own["token"]:
        raise in_use_error(store, "" if found is None else found[0].decode(errors="replace"))


def _wait_until_stale(address: str, store: str) -> str:
    """Returns the ETag of a lock that has expired, or '' once there is none.

    Raises StoreInUseError where the lock changes meanwhile."""
    before = conditional_put.read_with_etag(address)
    end = time.monotonic() + STALE_S
    while before is not None and time.monotonic() < end:
        if not _content(before[0]):
            break  # not a lock
        time.sleep(min(1.0, HEARTBEAT_S / 2))
        now = conditional_put.read_with_etag(address)
        if now is not None and now != before:
            raise in_use_error(store, now[0].decode(errors="replace"))
        before = now
    return "" if before is None else before[1]


def _refresh(address: str, own: dict[str, Any], stopped: threading.Event) -> None:
    """Writes heartbeats until the launch ends, or another one has taken over the lock."""
    count = 0
    while not stopped.wait(HEARTBEAT_S):
        count += 1
        with contextlib.suppress(StoreError, OSError):  # the next heartbeat may succeed
            found = conditional_put.read_with_etag(address)
            if found is None or _content(found[0]).get("token") != own["token"]:
                return
            conditional_put.replace(address, _text(own, count), found[1])


def _release(address: str, store: str, own: dict[str, Any]) -> None:
    from sweeper.store.bucket import BucketFolder

    found = conditional_put.read_with_etag(address)
    if found is not None and _content(found[0]).get("token") == own["token"]:
        BucketFolder(store).delete(_NAME)


def _text(own: dict[str, Any], count: int) -> bytes:
    return json.dumps(own | {"beat": count}).encode()


def _content(data: bytes) -> dict[str, Any]:
    """What a lock holds; {} for an object that is not a lock."""
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
