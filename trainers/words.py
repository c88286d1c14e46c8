"""Phrases of messages: the nearest known name for a wrong one, the first line of an error."""

from collections.abc import Sequence
from difflib import get_close_matches


def did_you_mean(word: str, names: Sequence[str]) -> str:
    """' Did you mean "x"?' for the nearest of `names`, or '' if none is near."""
    near = get_close_matches(word.lower()[:100], [name.lower() for name in names], n=1, cutoff=0.55)
    matches = [name for name in names if near and name.lower() == near[0]]
    return f' Did you mean "{matches[0]}"?' if matches else ""


def unknown(what: str, name: str, known: Sequence[str]) -> str:
    """'WHAT "name" is unknown. Did you mean "x"? Known: ...'"""
    allowed = f"Known: {', '.join(known)}" if known else "There are none"
    return f'{what} "{name}" is unknown.{did_you_mean(name, known)} {allowed}.'


def first_line(error: BaseException) -> str:
    """The first line of an error's text that is not blank, or its type if it has no text."""
    lines = (line.strip() for line in str(error).splitlines())
    return next(filter(None, lines), type(error).__name__)
