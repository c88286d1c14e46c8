"""Going on without Ray when the head of a joined cluster is gone.

What asks Ray for anything then waits for ever, and after a minute Ray ends the process with a line
of its own. So Tune runs in a thread that can be left behind before that."""

import math
import os
import socket
import threading
import time
from collections.abc import Callable

from sweeper.engine.session import abandon_ray
from sweeper.errors import EngineError

_PING_INTERVAL_S = 2.0
_PING_TIMEOUT_S = 5.0
_RECONNECT_TIMEOUT_VARIABLE = "RAY_gcs_rpc_server_reconnect_timeout_s"


class HeadLost(EngineError):
    """The head of the cluster does not answer any more; nothing may ask Ray for anything."""


def run_while_head_is_up(work: Callable[[threading.Event], None]) -> None:
    """Runs `work`, which is given an event that is set once nobody waits for it any more.

    A head that is restarted in time, and keeps what it knows in a database, costs nothing. Raises
    HeadLost for one that stays away, and what `work` raises."""
    raised: list[BaseException] = []
    abandoned = threading.Event()
    address = _address()
    if not address:  # through Ray's client, which ends no process
        work(abandoned)
        return

    def run() -> None:
        try:
            work(abandoned)
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run, name="tune", daemon=True)
    thread.start()
    try:
        _wait(thread, address)
    except BaseException:  # the second signal among them, which waits for nothing
        abandoned.set()
        abandon_ray()
        raise
    if raised:
        raise raised[0]


def _wait(thread: threading.Thread, address: str) -> None:
    """Returns when the thread is done. A head that never answered is one that cannot be asked."""
    last_answer = math.inf
    while thread.is_alive():
        thread.join(_PING_INTERVAL_S)
        if is_reachable(address):
            last_answer = time.monotonic()
        elif time.monotonic() - last_answer > head_timeout_s():
            raise HeadLost(
                f"the head of the Ray cluster at {address} does not answer any more. Start the "
                "cluster anew, and give its address if it is another one"
            )


def _address() -> str:
    import ray

    return getattr(ray.get_runtime_context(), "gcs_address", "")


def is_reachable(address: str) -> bool:
    """Whether something listens at HOST:PORT."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _PING_TIMEOUT_S).close()
    except OSError:
        return False
    return True


def head_timeout_s() -> float:
    """Half of what Ray itself waits for a head: the rest is for what a launch does at its end."""
    return 0.5 * float(os.environ.get(_RECONNECT_TIMEOUT_VARIABLE, "60"))
