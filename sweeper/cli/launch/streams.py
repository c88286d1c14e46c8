"""Standard output and error that never stop a command: other encodings, closed pipes, lost
terminals."""

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
