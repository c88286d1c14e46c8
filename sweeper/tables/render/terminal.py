"""A table for a terminal, by rich: bold for the best, underlined for the second."""

from io import StringIO
from typing import TYPE_CHECKING

from sweeper.tables.printed import Printed, PrintedCell, printed
from sweeper.tables.table import Table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

WIDTH = 120  # where the output is no terminal
_STYLES = {"best": "bold", "second": "underline", "": ""}


def to_terminal(table: Table, compare: bool = False) -> str:
    """The table as plain text."""
    from rich.console import Console

    width = 40 + 24 * len(table.spec.columns) if compare else WIDTH
    console = Console(file=StringIO(), width=width, color_system=None)
    print_table(table, console, compare=compare)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def print_table(table: Table, console: "Console", *, compare: bool = False) -> None:
    """Print with the console's own colours and width."""
    from rich.table import Table as RichTable
    from rich.text import Text

    page: Printed = printed(table, compare=compare)
    grid = RichTable(title=Text(page.title), title_justify="left", pad_edge=False)
    for number, name in enumerate(page.header):
        grid.add_column(Text(name), justify="left" if number < 2 else "right")
    for section in page.sections:
        for number, row in enumerate(section.rows):
            dataset = Text(section.dataset if number == 0 else "")
            last = number == len(section.rows) - 1
            grid.add_row(dataset, *(_cell(cell) for cell in row), end_section=last)
    console.print(grid)
    for note in page.notes:
        console.print(Text(note))


def _cell(cell: PrintedCell) -> "Text":
    from rich.text import Text

    return Text(cell.text, style=_STYLES[cell.mark])
