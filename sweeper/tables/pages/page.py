"""What a page of a table holds: cells of text with their marks, and the symbols they use."""

from dataclasses import dataclass

HAT = "\u0302"


ARROW_DOWN = "\u2193"


ARROW_UP = "\u2191"


PLUS_MINUS = "\u00b1"


NONE = "-"


@dataclass(frozen=True)
class PrintedCell:
    """mark: 'best', 'second' or ''."""

    text: str
    mark: str = ""


@dataclass(frozen=True)
class PrintedSection:
    """The rows of one dataset; each starts with its model."""

    dataset: str
    rows: tuple[tuple[PrintedCell, ...], ...]


@dataclass(frozen=True)
class Printed:
    """header: 'Dataset', 'Model', then the columns; a section's rows leave the dataset out.
    left: the columns that hold text and stand to the left."""

    title: str
    header: tuple[str, ...]
    sections: tuple[PrintedSection, ...]
    notes: tuple[str, ...]
    left: tuple[int, ...] = (0, 1)
