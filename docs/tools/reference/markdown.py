"""Markdown from plain docstrings: paragraphs, indented equations as text blocks, tables."""

import inspect
import re
from collections.abc import Iterable, Sequence


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines)


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def escape(text: str) -> str:
    """Plain text, in which Markdown would see emphasis, links or HTML."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else _escape(part) for part in parts)


def _escape(text: str) -> str:
    return re.sub(r"([*_<>\[\]\\$])", r"\\\1", text)


def prose(docstring: str | None) -> str:
    """A docstring, as `inspect.getdoc` cleans it, as Markdown. Paragraphs whose lines are indented
    become text blocks."""
    paragraphs = re.split(r"\n\s*\n", (docstring or "").strip("\n"))
    return "\n\n".join(_paragraph(paragraph) for paragraph in paragraphs if paragraph)


def _paragraph(text: str) -> str:
    lines = text.splitlines()
    if all(line.startswith("    ") for line in lines) or _is_aligned(lines):
        return f"```text\n{inspect.cleandoc(chr(10).join(lines))}\n```"
    return escape(" ".join(line.strip() for line in lines))


def _is_aligned(lines: list[str]) -> bool:
    """A list of names with their meanings in columns."""
    return len(lines) > 1 and all(re.match(r"\S+(, \S+)*\s{2,}\S|\s{4,}\S", line) for line in lines)
