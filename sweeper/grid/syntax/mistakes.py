"""Collects mistakes from pydantic's validators, with one wording.

Every error becomes a 'mistake' (or 'unknown_key', whose place is the key and not the value), with a
sentence that completes 'KEY = VALUE ...'. A validator may collect such errors and raise them
together; pydantic merges them into the outer error, each with its full place."""

import re
from collections.abc import Sequence
from typing import Any, NoReturn

from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from sweeper import messages
from trainers.words import did_you_mean

Mistake = InitErrorDetails
KINDS = ("mistake", "unknown_key", "missing_key")


def mistake(what: str, loc: tuple[str | int, ...], value: Any, kind: str = "mistake") -> Mistake:
    """A mistake at `loc`, seen from the validator that raises it."""
    error = PydanticCustomError(kind, "{what}", {"what": what})
    return InitErrorDetails(type=error, loc=loc, input=value)


def mistakes_of(error: Exception, *prefix: str | int, value: Any = None) -> list[Mistake]:
    """The mistakes of a ValidationError, or the one of a ValueError, below `prefix`."""
    if isinstance(error, ValidationError):
        return [
            mistake(error_text(item), (*prefix, *item["loc"]), item["input"], _kind(item))
            for item in error.errors()
        ]
    return [mistake(str(error), prefix, value)]


def raise_mistakes(title: str, mistakes: list[Mistake]) -> NoReturn:
    """Raises them together."""
    raise ValidationError.from_exception_data(title, mistakes)


def unknown_key(key: Any, names: Sequence[str], owner: str = "") -> Mistake:
    """A key outside `names`."""
    of_whom = f" of {owner}" if owner else ""
    hint = f"{did_you_mean(str(key), names)} {messages.known_names(names)}"
    return mistake(f"is not a known key{of_whom}.{hint}", (key,), key, "unknown_key")


def error_text(error: ErrorDetails) -> str:
    """What is wrong, and what is allowed."""
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error":
            return str(context["error"])
        case "missing":
            return "is missing."
        case "literal_error":
            return messages.unknown(
                str(error["input"]), re.findall(r"'([^']*)'", context["expected"])
            )
        case "greater_than_equal":
            return f"must be at least {context['ge']:g}."
        case "greater_than":
            return f"must be above {context['gt']:g}."
        case "less_than_equal":
            return f"must be at most {context['le']:g}."
        case "less_than":
            return f"must be below {context['lt']:g}."
    return error["msg"]


def _kind(error: ErrorDetails) -> str:
    if error["type"] == "missing":
        return "missing_key"
    return error["type"] if error["type"] in KINDS else "mistake"
