"""What a page of a table holds: cells of text with their marks, and the symbols they use."""

from dataclasses import dataclass

HAT = "\u0302"


ARROW_DOWN = "\u2193"


ARROW_UP = "\u2191"


PLUS_MINUS = "\u00b1"


NO_VALUE = "-"


@dataclass(frozen=True)
class PageCell:
    """mark: 'best', 'second' or ''."""

    text: str
    mark: str = ""


@dataclass(frozen=True)
class PageSection:
    """The rows of one dataset; each starts with its model."""

    dataset: str
    rows: tuple[tuple[PageCell, ...], ...]


@dataclass(frozen=True)
class Page:
    """header: 'Dataset', 'Model', then the columns; a section's rows leave the dataset out.
    left: the columns that hold text and stand to the left."""

    title: str
    header: tuple[str, ...]
    sections: tuple[PageSection, ...]
    notes: tuple[str, ...]
    left: tuple[int, ...] = (0, 1)
