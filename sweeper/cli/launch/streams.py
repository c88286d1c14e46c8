"""Standard output and error that never stop a command: other encodings, closed pipes, lost
terminals."""

import contextlib
import io
import os
import sys
from typing import Any, TextIO


def tolerate_encodings() -> None:
    """Characters that a stream cannot encode are printed as '?'."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


@contextlib.contextmanager
def outliving_readers() -> Any:
    """Inside, a reader that goes away (`| head`, a terminal that is closed) does not stop the
    program: what it prints from then on is dropped."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Tolerant(sys.stdout), _Tolerant(sys.stderr)
    try:
        yield
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    finally:
        sys.stdout, sys.stderr = before


class _Tolerant:
    """A text stream whose errors of writing send it, and what is buffered, to /dev/null."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            self._drop()
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            self._drop()

    def _drop(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self._stream.fileno())
            os.close(null)
            self._stream.flush()
