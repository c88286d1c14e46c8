"""A table in each format. Every renderer is a pure function of the table.

`PAGES` render what is printed: title, header, cells with marks, notes. CSV and JSON carry numbers
in full instead, so they start from the table itself."""

from collections.abc import Callable

from sweeper.errors import UsageError
from sweeper.messages import unknown
from sweeper.tables.pages.page import Page
from sweeper.tables.pages.table_page import table_page
from sweeper.tables.render.csv_text import to_csv
from sweeper.tables.render.html import page_html
from sweeper.tables.render.json_text import to_json
from sweeper.tables.render.latex import page_latex
from sweeper.tables.render.markdown import page_markdown
from sweeper.tables.render.terminal import page_terminal
from sweeper.tables.table import Table

PAGES: dict[str, Callable[[Page], str]] = {
    "md": page_markdown,
    "latex": page_latex,
    "html": page_html,
    "terminal": page_terminal,
}
NUMBERS: dict[str, Callable[[Table, bool], str]] = {"csv": to_csv, "json": to_json}
FORMATS = (*PAGES, *NUMBERS)


def render(table: Table, format: str = "md", *, compare: bool = False) -> str:
    """The table as text, ending with a line break. Raises UsageError for an unknown format."""
    if format in PAGES:
        return PAGES[format](table_page(table, compare=compare))
    if format in NUMBERS:
        return NUMBERS[format](table, compare)
    raise UsageError(f"format {format!r} {unknown(format, FORMATS)}")
