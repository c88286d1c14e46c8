"""Phrases that every message shares: what is known, and what was probably meant."""

from collections.abc import Iterable, Sequence

from trainers.words import did_you_mean


def known(names: Iterable[str]) -> str:
    """'Known: a, b, c.'"""
    return f"Known: {', '.join(names)}."


def unknown(word: str, names: Sequence[str]) -> str:
    """'is unknown. Did you mean "x"? Known: ...' for a word outside `names`."""
    return f"is unknown.{did_you_mean(word, names)} {known(names)}"


def shown(value: object, limit: int = 60) -> str:
    """A value as it may stand in a message: escaped, in quotes if text, cut at `limit`."""
    text = ascii(str(value))[1:-1] if isinstance(value, str) else ascii(value)
    text = text if len(text) <= limit else text[: limit - 3] + "..."
    return f'"{text}"' if isinstance(value, str) else text


def listed(count: int, noun: str, plural: str | None = None) -> str:
    """'1 run', '1,188 runs'."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
