"""Figures and their rows as files: the same bytes from the same numbers."""

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


DOTS_PER_INCH = 150


_RULES = {"svg.hashsalt": "sweeper", "svg.fonttype": "path", "font.size": 9.0}


_RULES |= {"axes.titlesize": 10.0, "legend.frameon": False, "axes.spines.top": False}


def as_bytes(figure: "Figure", kind: str) -> bytes:
    """The figure as 'png' or 'svg', without dates or version strings."""
    from matplotlib import rc_context

    file = BytesIO()
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    with rc_context(_RULES):
        figure.savefig(file, format=kind, dpi=DOTS_PER_INCH, metadata=metadata)
    return file.getvalue()


def as_csv(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows as CSV; floats with nine digits, so that equal numbers are equal text."""
    import csv
    from io import StringIO

    file = StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([f"{value:.9g}" if isinstance(value, float) else value for value in row])
    return file.getvalue()
