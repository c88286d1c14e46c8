"""Delivers one notification to a webhook or a command, within a bounded time.

Each delivery has a thread of its own, which a process does not wait for when it ends."""

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from sweeper.messages import first_line

_REQUEST_TIMEOUT_S = 10.0  # of each step of a request
_COMMAND_TIMEOUT_S = 60.0
_NAME = re.compile(r"\$\{(\w+)\}")

OnFailure = Callable[[str], None]


class Delivery:
    """One notification being delivered. deliver: raises for what cannot be delivered."""

    def __init__(self, deliver: Callable[[], None], target: str, on_failure: OnFailure) -> None:
        self._deliver, self._target, self._on_failure = deliver, target, on_failure
        self._thread = threading.Thread(target=self._run, name="notification", daemon=True)
        self._thread.start()

    def wait(self, end: float) -> None:
        """Waits until `end`, a time of the monotonic clock, then reports what is not delivered."""
        self._thread.join(max(0.0, end - time.monotonic()))
        if self._thread.is_alive():
            self._on_failure(f"{self._target} has not answered in time")

    def _run(self) -> None:
        try:
            self._deliver()
        except Exception as error:  # whatever is raised: a notification must not end a sweep
            self._on_failure(f"{self._target}: {first_line(error)}")


def to_webhook(address: str, content: Mapping[str, Any], on_failure: OnFailure) -> Delivery:
    """POSTs `content` as JSON. ${NAME} in the address stands for an environment variable."""

    def deliver() -> None:
        request = urllib.request.Request(
            _with_environment(address),
            data=json.dumps(content).encode(),
            headers={"Content-Type": "application/json", "User-Agent": "sweeper"},
        )
        with urllib.request.urlopen(request, timeout=_REQUEST_TIMEOUT_S) as response:
            response.read(1)

    # The rest of an address may be a secret.
    host = urlsplit(address).hostname if "://" in address else None
    return Delivery(deliver, f"webhook {host or address}", on_failure)


def to_command(command: str, content: Mapping[str, Any], on_failure: OnFailure) -> Delivery:
    """Runs `command` by the shell, with `content` as JSON on its standard input; ends it, and all
    that it started, after a minute."""
    environment = {**os.environ, "SWEEPER_EVENT": content["event"], "SWEEPER_TEXT": content["text"]}

    def deliver() -> None:
        process = subprocess.Popen(
            command,
            shell=True,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            _, error = process.communicate(json.dumps(content).encode(), _COMMAND_TIMEOUT_S)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()  # closes the pipes
            raise
        if process.returncode:
            text = error.decode(errors="replace").strip().splitlines()
            raise OSError(f"exit code {process.returncode}" + (f": {text[-1]}" if text else ""))

    return Delivery(deliver, "command", on_failure)


def _with_environment(address: str) -> str:
    """The address with the values of its variables. Raises LookupError for one that is not set."""
    missing = [name for name in _NAME.findall(address) if not os.environ.get(name)]
    if missing:
        raise LookupError(f"the environment variable {missing[0]} is not set")
    found = _NAME.sub(lambda match: os.environ[match[1]], address)
    if not found.startswith(("http://", "https://")):
        raise ValueError("the address must begin with http:// or https://")
    return found
