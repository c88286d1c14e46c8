"""One BLAS thread, so that scores do not depend on how many there are.

A matrix product split among threads rounds differently. The last bit it moves is enough to swap
two almost equal probabilities, and with them a rank. The products here are also too small to gain
from threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

_LOCK = Lock()  # the number of threads belongs to the process


@contextmanager
def one_blas_thread() -> Iterator[None]:
    with _LOCK, _controller().limit(limits=1, user_api="blas"):
        yield


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
