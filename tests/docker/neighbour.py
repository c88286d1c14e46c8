"""A second machine on the local network of the engine's: what can it reach?"""

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.docker.stack import Stack

MACHINE, NEIGHBOUR = "192.0.2.1", "192.0.2.2"
# Prints what comes of a connection to ADDRESS PORT.
PROBE = [
    *("python3", "-c"),
    """import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 5).close()
    print("answered")
except OSError as error:
    print(type(error).__name__)""",
]


@contextlib.contextmanager
def neighbour_of(stack: Stack) -> Iterator[Callable[..., str]]:
    """PROBE from another machine of the engine's local network, which routes to its containers."""
    with subprocess.Popen(["unshare", "--net", "sleep", "infinity"]) as machine:
        try:
            place = Path(f"/proc/{machine.pid}/ns/net")
            while os.readlink(place) == os.readlink("/proc/self/ns/net"):
                time.sleep(0.1)

            def run(*command: str) -> str:
                enter = ["nsenter", f"--net={place}", *command]
                return subprocess.run(enter, check=True, capture_output=True, text=True).stdout

            link = ["ip", "link", "add", "lan0", "type", "veth", "peer", "name", "lan1", "netns"]
            stack.on_host(*link, str(machine.pid))
            for here, name, address in ((stack.on_host, "lan0", MACHINE), (run, "lan1", NEIGHBOUR)):
                here("ip", "address", "add", f"{address}/24", "dev", name)
                here("ip", "link", "set", name, "up")
            run("ip", "route", "add", "default", "via", MACHINE)
            yield lambda *address: run(*PROBE, *address)
        finally:
            machine.kill()
