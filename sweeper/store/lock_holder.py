"""The text in a lock: which launch holds it, and the error that names it."""

import json
import os
import socket

from sweeper.errors import UsageError


def describe_launch(grid: str) -> str:
    """This launch as JSON, for the message of another one."""
    return json.dumps({"grid": grid, "pid": os.getpid(), "host": socket.gethostname()})


def in_use_error(store: str, text: str) -> UsageError:
    """The refusal, naming who holds the lock."""
    return UsageError(
        f"{store} is in use by {_holder(text)}. Wait for it, stop it, or give another --store"
    )


def _holder(text: str) -> str:
    try:
        held = json.loads(text)
        return f"the launch of {held['grid']} (process {held['pid']} on {held['host']})"
    except (ValueError, KeyError, TypeError):
        return "another launch"
