"""Ends a Tune run when the head of a joined cluster is lost.

Every Ray call then blocks, and Ray kills the process after a minute. So Tune runs in a thread that
is abandoned before that."""

import math
import os
import socket
import threading
import time
from collections.abc import Callable

from sweeper.engine.engine import EngineLost
from sweeper.engine.on_ray.session import abandon_ray

_PING_INTERVAL_S = 2.0
_PING_TIMEOUT_S = 5.0
_RECONNECT_TIMEOUT_VARIABLE = "RAY_gcs_rpc_server_reconnect_timeout_s"


class HeadLost(EngineLost):
    """The head of the cluster does not answer any more; no Ray call may follow."""


def run_while_head_is_up(work: Callable[[threading.Event], None]) -> None:
    """Runs `work`, with an event that is set once it is abandoned.

    A head that restarts in time, with its state in a database, has no effect. Raises HeadLost for
    one that does not, and what `work` raises."""
    raised: list[BaseException] = []
    abandoned = threading.Event()
    address = _address()
    if not address:  # through Ray's client, which kills no process
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
    except BaseException:  # the second signal, for example
        abandoned.set()
        abandon_ray()
        raise
    if raised:
        raise raised[0]


def _wait(thread: threading.Thread, address: str) -> None:
    """Returns when the thread is done. A head that never answered a ping is not taken for lost: it
    may not be reachable from here."""
    last_answer = math.inf
    while thread.is_alive():
        thread.join(_PING_INTERVAL_S)
        if is_reachable(address):
            last_answer = time.monotonic()
        elif time.monotonic() - last_answer > head_timeout_s():
            raise HeadLost(
                f"the head of the Ray cluster at {address} does not answer any more. Start the "
                "cluster again, and give its new address if it has one"
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
    """Half of Ray's own timeout: the rest is for the end of the launch."""
    return 0.5 * float(os.environ.get(_RECONNECT_TIMEOUT_VARIABLE, "60"))
