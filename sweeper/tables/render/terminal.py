"""A table for a terminal, by rich: bold for the best, underlined for the second.

As plain text, which has neither: a star after the best, a plus after the second."""

import re
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING

from sweeper.tables.pages.page import Page, PageCell, PageSection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.box import Box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

WIDTH = 120  # at least, where the output is no terminal
_STYLES = {"best": "bold", "second": "underline", "": ""}
_SIGNS = {"best": "*", "second": "+", "": " "}
_KEPT = "\0"  # stands for a space at which no line is broken
_LEGEND = "* the best of a column within a dataset, + the second."


def page_terminal(page: Page) -> str:
    """The page as plain text, so wide that no cell is wrapped."""
    from rich.cells import cell_len
    from rich.console import Console

    page = _signed(page)
    widest = [max(map(cell_len, texts)) for texts in _columns(page)]
    width = max(WIDTH, sum(widest) + 5 * len(widest) + 30)  # borders, and room for notes
    console = Console(file=StringIO(), width=width, color_system=None)
    print_page(page, console)
    lines = str(console.file.getvalue()).splitlines()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def print_page(page: Page, console: "Console") -> None:
    """Print with the console's own colours and width: as a table with lines, without them where
    the width is too small, and as one value a line where it is smaller still."""
    from rich.box import HEAVY_HEAD
    from rich.text import Text

    console.print(Text(page.title, style="italic"))
    count = len(page.header)
    for box, overhead in ((HEAVY_HEAD, 3 * count - 1), (None, 2 * count - 2)):
        widths = _widths(_columns(page), console.width - overhead)
        if widths is not None:
            console.print(_grid(page, box, widths))
            break
    else:
        for line in _lines(page):
            console.print(line)
    for note in page.notes:
        console.print(Text(note))


def _columns(page: Page) -> list[list[str]]:
    """The texts of each column, its name first."""
    rows = [
        (section.dataset, *(cell.text for cell in row))
        for section in page.sections
        for row in section.rows
    ]
    return [list(texts) for texts in zip(page.header, *rows, strict=True)]


def _parts(text: str) -> list[str]:
    """What stays on one line: words, and what is between the commas of a parenthesis."""
    inside = re.sub(r"\([^)]*\)", lambda found: re.sub("(?<!,) ", _KEPT, found[0]), text)
    return [part.replace(_KEPT, " ") for part in inside.split(" ") if part]


def _wrapped(text: str, width: int) -> str:
    """The text with a line break before each part that does not fit into the width."""
    from rich.cells import cell_len

    lines = [""]
    for part in _parts(text):
        longer = f"{lines[-1]} {part}" if lines[-1] else part
        if cell_len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(part)
    return "\n".join(lines)


def _widths(columns: list[list[str]], available: int) -> list[int] | None:
    """The width of each column: at least its longest part. None where these do not fit."""
    from rich.cells import cell_len

    widths = [
        max([1, *(cell_len(part) for text in texts for part in _parts(text))]) for texts in columns
    ]
    spare = available - sum(widths)
    if spare < 0:
        return None
    for number, texts in enumerate(columns):
        more = min(spare, max(map(cell_len, texts)) - widths[number])
        widths[number], spare = widths[number] + more, spare - more
    return widths


def _grid(page: Page, box: "Box | None", widths: list[int]) -> "RichTable":
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable(box=box, pad_edge=False)
    for number, (name, width) in enumerate(zip(page.header, widths, strict=True)):
        justify = "left" if number in page.left else "right"
        shown = Text(_wrapped(name, width))
        grid.add_column(shown, justify=justify, width=width)  # type: ignore[arg-type]
    for section in page.sections:
        for number, row in enumerate(section.rows):
            first = PageCell(section.dataset if number == 0 else "")
            cells = map(_cell, (first, *row), widths)
            grid.add_row(*cells, end_section=number == len(section.rows) - 1)
    return grid


def _lines(page: Page) -> "Iterator[Text]":
    """Each row as its dataset and model, then one value a line."""
    from rich.text import Text

    width = max(map(len, page.header))
    for section in page.sections:
        for row in section.rows:
            yield Text(f"{section.dataset}, {row[0].text}")
            for name, cell in zip(page.header[2:], row[1:], strict=True):
                yield Text(f"  {name:{width}}  ").append_text(_cell(cell))


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


def _cell(cell: PageCell, width: int | None = None) -> "Text":
    """Wrapped to the width, where one is given."""
    from rich.text import Text

    text = cell.text if width is None else _wrapped(cell.text, width)
    return Text(text, style=_STYLES[cell.mark])
