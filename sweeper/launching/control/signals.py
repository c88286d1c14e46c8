"""Ctrl-C, SIGTERM and SIGHUP: the first lets trainings save and end, the second ends at once."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """stop: set by the first signal, and where the launch ends for another reason.
    number: the first signal's number, or 0."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.number = 0

    def handle(self, number: int, frame: FrameType | None) -> None:
        """A lost terminal may send SIGHUP more than once, and Slurm SIGTERM, before it sends
        SIGKILL: that is no second request."""
        if not self.number:
            self.record(number)
        elif number != signal.SIGHUP and not (number == signal.SIGTERM and _in_slurm()):
            raise KeyboardInterrupt

    def record(self, number: int) -> None:
        """Remembers the signal and asks trainings to stop."""
        self.number = number
        self.stop.set()

    def install(self) -> None:
        """Handles the signals from now on; called again after a library has installed its own
        handlers, as Ray does (its SIGTERM handler aborts the process). SIGHUP stays ignored
        where it was, as by nohup."""
        if threading.current_thread() is threading.main_thread():
            for number in _NUMBERS:
                if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                    signal.signal(number, self.handle)

    @property
    def exit_code(self) -> int:
        """129 after SIGHUP, 130 after Ctrl-C, 143 after SIGTERM, 0 without a signal."""
        return 128 + self.number if self.number else 0


@contextlib.contextmanager
def handle_interrupts() -> Iterator[Interrupts]:
    """Handles the signals inside the block; in another thread than the main one, none."""
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    before = {number: signal.getsignal(number) for number in _NUMBERS}
    try:
        interrupts.install()
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _in_slurm() -> bool:
    return "SLURM_JOB_ID" in os.environ
