"""The text in a lock: which launch holds it, and the error that names it."""

import json
import os
import socket

from sweeper.errors import StoreInUseError


def describe_launch(grid: str, *, takes_requests: bool) -> str:
    """This launch as JSON, for the message of another one."""
    about = {"grid": grid, "pid": os.getpid(), "host": socket.gethostname()}
    return json.dumps(about | ({"takes_requests": True} if takes_requests else {}))


def in_use_error(store: str, text: str) -> StoreInUseError:
    """The refusal, naming who holds the lock."""
    try:
        held = json.loads(text)
        holder = f"the launch of {held['grid']} (process {held['pid']} on {held['host']})"
        takes_requests = bool(held.get("takes_requests"))
    except (ValueError, KeyError, TypeError, AttributeError):
        holder, takes_requests = "another launch", False
    more = "hand it the missing trainings (--hand-over), " if takes_requests else ""
    return StoreInUseError(
        f"{store} is in use by {holder}. Wait for it, stop it, {more}or give another --store",
        holder=holder,
        takes_requests=takes_requests,
    )
