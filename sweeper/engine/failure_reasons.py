"""Why a training failed: one line, with a remedy where there is one."""

import re
from itertools import pairwise

_DIED = "the worker died"
_ADVICE = (
    (
        re.compile(r"OutOfMemoryError|out of memory|MemoryError|OUT_OF_MEMORY|allocate memory"),
        "out of memory: give each training more (`resources: gpu` or `cpu`, so that fewer share "
        "a node) or take a smaller batch",
    ),
    (re.compile(r"No space left on device|Disk quota exceeded"), "free space in the sweep store"),
)
# The start of the line in a trace that names the exception.
_RAISED = re.compile(r"^(?:[\w.]+\.)?(\w*(?:Error|Exception|Interrupt|Exit)\b.*)")


def read_failure_reason(error_file: str | None) -> str:
    """From the file that Tune writes about a failed trial: the exception's line, and advice."""
    try:
        with open(error_file or "", encoding="utf-8", errors="replace") as file:
            return failure_reason(file.read())
    except OSError:
        return _DIED


def failure_reason(text: str) -> str:
    """The last line of `text` that names an exception, or its last line at all."""
    if re.search(r"^The actor (died|is dead|is unavailable)", text, re.MULTILINE):
        return with_advice(_DIED + _exit_of(text), text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    reason = lines[-1] if lines else _DIED
    for line, following in pairwise([*lines, ""]):
        if match := _RAISED.match(line):
            reason = match[1]
            if reason.endswith(":"):  # the exception's text begins on the next line
                reason = f"{reason} {following}".rstrip()
    return with_advice(reason, text)


def with_advice(reason: str, text: str) -> str:
    """`reason`, and what to do where `text` names a cause that has a remedy."""
    advice = [remedy for pattern, remedy in _ADVICE if pattern.search(text)]
    return "; ".join([reason, *advice])


def _exit_of(text: str) -> str:
    found = re.search(r"Worker exit type: (\w+)", text)
    return f" ({found[1].lower().replace('_', ' ')})" if found else ""
