"""One launch a store: two would train the same things into the same folders."""

import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from sweeper.errors import UsageError

_NAME = "launch.lock"


@contextlib.contextmanager
def store_lock(store: Path, grid: str) -> Iterator[None]:
    """Held while a launch runs. The system lets go of it when the process ends, however it ends,
    so a lock that a killed launch left behind is no obstacle.

    Raises UsageError that names the launch which holds it."""
    store.mkdir(parents=True, exist_ok=True)
    with (store / _NAME).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise UsageError(
                f"{store} is in use by {_holder(file.read())}. Wait for it, stop it, or give "
                "another --store"
            ) from None
        file.truncate(0)
        json.dump({"grid": grid, "pid": os.getpid(), "host": socket.gethostname()}, file)
        file.flush()
        yield


def _holder(text: str) -> str:
    try:
        held = json.loads(text)
        return f"the launch of {held['grid']} (process {held['pid']} on {held['host']})"
    except (ValueError, KeyError, TypeError):
        return "another launch"
