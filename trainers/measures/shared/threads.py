"""One BLAS thread, so that scores do not depend on the number of threads.

A matrix product split among threads rounds differently, and a change in the last bit can swap the
ranks of two almost equal probabilities. The products here are too small to gain from threads."""

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
