"""Phrases that messages share: names, values, counts, durations, errors, addresses."""

import re
from collections.abc import Iterable, Sequence

from trainers.words import did_you_mean
from trainers.words import first_line as first_line

# A password may hold '/' and '@' where nothing but a host follows the last '@'.
_USER = re.compile(r"(?<=://)(?:[^/@\s:?#]*:[^\s]*|[^/@\s?#]*)@(?=[^/@\s]+(?:[/?#:\s]|$))")
_SECRETS = re.compile(r"(?i)(?<=[?&])([\w.-]*(?:password|passwd|secret|token|key)[\w.-]*)=[^&\s#]*")


def format_duration(seconds: float | None) -> str:
    """'3 d 04 h', '1 h 05 min', '3 min 20 s', '12 s'; '?' for None."""
    if seconds is None:
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours:02d} h"
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def known_names(names: Iterable[str]) -> str:
    """'Known: a, b, c.'"""
    return f"Known: {', '.join(names)}."


def unknown(word: str, names: Sequence[str]) -> str:
    """'is unknown. Did you mean "x"? Known: ...' for a word outside `names`."""
    return f"is unknown.{did_you_mean(word, names)} {known_names(names)}"


def quoted(value: object, limit: int = 60) -> str:
    """A value for a message: escaped, in quotes if text, cut at `limit`."""
    text = ascii(str(value))[1:-1] if isinstance(value, str) else ascii(value)
    text = text if len(text) <= limit else text[: limit - 3] + "..."
    return f'"{text}"' if isinstance(value, str) else text


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """'1 run', '1,188 runs'."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def mask_credentials(text: str) -> str:
    """The text with the user, password and secret parameters of every address in it masked."""
    return _SECRETS.sub(r"\1=***", _USER.sub("***@", text))
