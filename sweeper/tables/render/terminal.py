"""A table for a terminal, by rich: bold for the best, underlined for the second.

As plain text, which has neither: a star after the best, a plus after the second."""

from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING

from sweeper.tables.pages.page import Page, PageCell, PageSection

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

WIDTH = 120  # at least, where the output is no terminal
_STYLES = {"best": "bold", "second": "underline", "": ""}
_SIGNS = {"best": "*", "second": "+", "": " "}
_LEGEND = "* the best of a column within a dataset, + the second."


def page_terminal(page: Page) -> str:
    """The page as plain text, as wide as its widest row."""
    from rich.console import Console

    page = _signed(page)
    widest = max((sum(len(c.text) for c in r) for s in page.sections for r in s.rows), default=0)
    width = max(WIDTH, widest + 5 * len(page.header) + 30)
    console = Console(file=StringIO(), width=width, color_system=None)
    print_page(page, console)
    lines = str(console.file.getvalue()).splitlines()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def print_page(page: Page, console: "Console") -> None:
    """Print with the console's own colours and width."""
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable(title=Text(page.title), title_justify="left", pad_edge=False)
    for number, name in enumerate(page.header):
        grid.add_column(Text(name), justify="left" if number in page.left else "right")
    for section in page.sections:
        for number, row in enumerate(section.rows):
            dataset = Text(section.dataset if number == 0 else "")
            last = number == len(section.rows) - 1
            grid.add_row(dataset, *(_cell(cell) for cell in row), end_section=last)
    console.print(grid)
    for note in page.notes:
        console.print(Text(note))


def _signed(page: Page) -> Page:
    """The page with marks as signs; unmarked numbers get a blank, so that digits stay in line."""
    sections = tuple(
        PageSection(section.dataset, tuple(map(_signed_row, section.rows)))
        for section in page.sections
    )
    marked = any(cell.mark for section in page.sections for row in section.rows for cell in row)
    return replace(page, sections=sections, notes=(_LEGEND, *page.notes)) if marked else page


def _signed_row(row: tuple[PageCell, ...]) -> tuple[PageCell, ...]:
    first, *rest, runs = row
    return (first, *(PageCell(cell.text + _SIGNS[cell.mark]) for cell in rest), runs)


def _cell(cell: PageCell) -> "Text":
    from rich.text import Text

    return Text(cell.text, style=_STYLES[cell.mark])
