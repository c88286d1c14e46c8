"""Files that test whether a store can be written, and whether two machines see the same one."""

import contextlib
import uuid

from sweeper.errors import StoreError
from sweeper.store.folders import open_at


def check_writable(store: str) -> None:
    """Writes a file, reads it back and removes it. Raises StoreError."""
    data = uuid.uuid4().bytes
    name = f"probe-{uuid.uuid4().hex}"
    try:
        folder = open_at(store)
        folder.write(name, data)
        same = folder.read(name) == data
        folder.delete(name)
    except Exception as error:  # from the disk, the network, the bucket's permissions
        raise StoreError(f"the sweep store {store} cannot be written: {error}") from error
    if not same:
        raise StoreError(f"the sweep store {store} returns other bytes than were written")


def write_probe(store: str, name: str) -> None:
    """Writes a file by which another machine can check that its store is this one."""
    try:
        open_at(store).write(name, b"probe")
    except OSError as error:
        raise StoreError(f"the sweep store {store} cannot be written: {error}") from error


def has_probe(store: str, name: str) -> bool:
    """Whether the file of `write_probe` is in the store."""
    return name in open_at(store).names()


def remove_probe(store: str, name: str) -> None:
    """Removes the file of `write_probe`."""
    with contextlib.suppress(OSError):
        open_at(store).delete(name)
