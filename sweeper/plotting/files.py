"""Figures and their rows as files: the same bytes from the same numbers."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from trainers.files import write_then_rename

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS_PER_INCH = 150
_RULES = {
    "svg.hashsalt": "sweeper",
    "svg.fonttype": "path",
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "legend.frameon": False,
    "axes.spines.top": False,
}


def write_files(folder: Path, stem: str, contents: Mapping[str, bytes]) -> list[Path]:
    """Writes STEM.ENDING into `folder` for each {ending: content}; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{stem}.{ending}" for ending in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        with write_then_rename(path) as temporary:
            temporary.write_bytes(content)
    return paths


def figure_contents(
    figure: "Figure", header: Sequence[str], rows: Sequence[Sequence[object]]
) -> dict[str, bytes]:
    """{'png': .., 'svg': .., 'csv': ..} of a figure and its rows."""
    return {
        "png": as_bytes(figure, "png"),
        "svg": as_bytes(figure, "svg"),
        "csv": as_csv(header, rows).encode(),
    }


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
