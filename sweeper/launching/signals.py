"""Ctrl-C and SIGTERM: the first asks trainings to save and end, the second ends at once."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """stop: set by the first signal.  number: that signal's number, 0 before."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.number = 0

    def handle(self, number: int, frame: FrameType | None) -> None:
        if self.stop.is_set():
            raise KeyboardInterrupt
        self.record(number)

    def record(self, number: int) -> None:
        """Remembers the signal and asks trainings to stop."""
        self.number = number
        self.stop.set()

    def install(self) -> None:
        """Takes both signals; again after a library has put its own handlers in place, as Ray
        does (its SIGTERM handler aborts the process)."""
        if threading.current_thread() is threading.main_thread():
            for number in _NUMBERS:
                signal.signal(number, self.handle)

    @property
    def exit_code(self) -> int:
        """130 after Ctrl-C, 143 after SIGTERM, 0 without a signal."""
        return 128 + self.number if self.number else 0


@contextlib.contextmanager
def interrupts() -> Iterator[Interrupts]:
    """Handles both signals inside the block; in another thread than the main one, neither."""
    caught = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield caught
        return
    before = {number: signal.getsignal(number) for number in _NUMBERS}
    try:
        caught.install()
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
