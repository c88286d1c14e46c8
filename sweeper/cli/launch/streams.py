"""Standard output and error that never stop a command: other encodings, closed pipes, lost
terminals, streams that are closed from the start."""

import codecs
import contextlib
import io
import os
import sys
from typing import Any, TextIO

# What tables use, in ASCII: characters of the same width, so that columns stay in line.
_LINES = dict.fromkeys("\u2501\u2500", "-") | dict.fromkeys("\u2503\u2502\u2551", "|")
_SYMBOLS = {"\u2193": "v", "\u2191": "^", "\u03b2": "b", "\u03c3": "s", "\u00d7": "x"}
_OTHERS = {"\u0302": "", "\u00b1": "+", "\u2026": ".", "\u2022": "*"}


def open_missing_streams() -> None:
    """Standard streams that are closed at the start (`sweeper launch GRID >&-`) become /dev/null.

    Otherwise the next file that is opened, a database perhaps, would get the number of standard
    output, and what a child process prints would be written into it."""
    for number, (name, mode) in enumerate([("stdin", "r"), ("stdout", "w"), ("stderr", "w")]):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)  # the lowest free number: this stream's
            if null != number:
                os.dup2(null, number)
                os.close(null)
            os.set_inheritable(number, True)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))


def tolerate_encodings() -> None:
    """Characters that a stream cannot encode are printed as similar ones in ASCII, or as '?'."""
    codecs.register_error("similar", _similar)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="similar")


def _similar(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(map(_ascii, text)), error.end


def _ascii(character: str) -> str:
    is_box = "\u2500" <= character <= "\u257f"
    return (_LINES | _SYMBOLS | _OTHERS).get(character, "+" if is_box else "?")


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


def drop(stream: TextIO) -> None:
    """Sends what is printed from now on, and what is still buffered, to /dev/null."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
        stream.flush()


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
            drop(self._stream)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            drop(self._stream)
