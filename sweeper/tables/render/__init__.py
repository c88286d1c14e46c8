"""A table in each format. Every renderer is a pure function of the table."""

from collections.abc import Callable

from sweeper.errors import UsageError
from sweeper.tables.render.csv_text import to_csv
from sweeper.tables.render.html import to_html
from sweeper.tables.render.json_text import to_json
from sweeper.tables.render.latex import to_latex
from sweeper.tables.render.markdown import to_markdown
from sweeper.tables.render.terminal import to_terminal
from sweeper.tables.table import Table
from sweeper.words import unknown

RENDERERS: dict[str, Callable[[Table, bool], str]] = {
    "md": to_markdown,
    "csv": to_csv,
    "latex": to_latex,
    "html": to_html,
    "json": to_json,
    "terminal": to_terminal,
}


def render(table: Table, format: str = "md", *, compare: bool = False) -> str:
    """The table as text, ending with a line break. Raises UsageError for an unknown format."""
    if format not in RENDERERS:
        raise UsageError(f"format {format!r} {unknown(format, list(RENDERERS))}")
    return RENDERERS[format](table, compare)
