"""Converts scalars of a grid file: numbers, booleans, texts.

YAML 1.1 has traps: `1e-4` without a dot is a string to many parsers and a number here; `010` is
octal 8 and is rejected; `off`, `no`, `on`, `yes` are booleans and are rejected where a text or a
number is expected. `50_000` is 50000. Python values are accepted as they are, so that a grid can be
built in a program. Errors are ValueError, whose text completes
'KEY = VALUE ...'."""

import math
import re
from typing import Any

from sweeper.grid.syntax.yaml_tree import YamlText

_TRUE = {"true", "yes", "on"}
_FALSE = {"false", "no", "off"}
_EMPTY = {"", "~", "null"}
_NUMBER = re.compile(r"[-+]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)([eE][-+]?\d+)?")
_OCTAL = re.compile(r"[-+]?0[\d_]+")
_NOT_FINITE = re.compile(r"[-+]?\.?(inf|nan|infinity)", re.IGNORECASE)
_LARGEST = 2**63 - 1


def is_empty(value: Any) -> bool:
    """Whether nothing was written after a key."""
    return value is None or (
        isinstance(value, YamlText) and value.plain and value.lower() in _EMPTY
    )


def number(value: Any) -> int | float:
    """A finite number: int where it is written as one, else float."""
    if isinstance(value, bool):
        raise ValueError("is a boolean; it must be a number.")
    if isinstance(value, int | float):
        return _finite(value)
    if not isinstance(value, str):
        raise ValueError(f"is {_kind(value)}; it must be a number.")
    if is_empty(value):
        raise ValueError("has no value; it must be a number.")
    if _is_truth(value):
        raise ValueError("is a boolean in YAML; it must be a number.")
    if _NOT_FINITE.fullmatch(value):
        raise ValueError("is not a finite number.")
    if _OCTAL.fullmatch(value):
        raise ValueError(f"is an octal number in YAML; write {_without_zeros(value)}.")
    if len(value) > 60 or not _NUMBER.fullmatch(value):
        raise ValueError("is not a number.")
    digits = value.replace("_", "")
    return _finite(float(digits) if re.search(r"[.eE]", digits) else int(digits))


def integer(value: Any) -> int:
    """A whole number; `5e4` and `64.0` are whole."""
    found = number(value)
    if found != int(found):
        raise ValueError("is not a whole number.")
    if abs(found) > _LARGEST:
        raise ValueError("is too large.")
    return int(found)


def real(value: Any) -> float:
    """A finite float; -0.0 is 0.0."""
    try:
        return float(number(value)) + 0.0
    except OverflowError:
        raise ValueError("is too large.") from None


def boolean(value: Any) -> bool:
    """true or false; YAML's yes, no, on and off are accepted."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _TRUE | _FALSE:
        return value.lower() in _TRUE
    raise ValueError("must be true or false.")


def text(value: Any) -> str:
    """A printable text on one line."""
    if not isinstance(value, str):
        raise ValueError(f"is {_kind(value)}; it must be a text.")
    if is_empty(value) or not value:
        raise ValueError("has no value; it must be a text.")
    if isinstance(value, YamlText) and _is_truth(value):
        raise ValueError("is a boolean in YAML; put it in quotes to use it as a word.")
    if not value.isprintable():
        raise ValueError("contains characters that cannot be printed.")
    return str(value)


def as_written(value: Any) -> str:
    """A value as the user wrote it, for messages."""
    return str(value) if isinstance(value, str) else repr(value)


def _finite(value: int | float) -> int | float:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("is not a finite number.")
    return value


def _is_truth(value: str) -> bool:
    plain = getattr(value, "plain", False)
    return plain and value.lower() in _TRUE | _FALSE


def _without_zeros(value: str) -> str:
    return value.replace("_", "").lstrip("+-").lstrip("0") or "0"


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list | tuple) else f"a {type(value).__name__}"
