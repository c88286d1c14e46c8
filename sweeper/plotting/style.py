"""How figures look: colours, markers, panels, axes.

Colours are Okabe and Ito's, which colour-blind readers can distinguish. No global state of
matplotlib is used, so a figure may be drawn in any thread."""

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


BLUE, VERMILLION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
PURPLE, SKY, BLACK, YELLOW = "#CC79A7", "#56B4E9", "#000000", "#F0E442"
COLOURS = (BLUE, ORANGE, GREEN, VERMILLION, PURPLE, SKY, BLACK)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def new_figure(width_in: float, height_in: float) -> "Figure":
    """An empty figure that lays itself out."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_in, height_in), layout="constrained")


def load_matplotlib() -> None:
    """Imports what `new_figure` needs, ahead of it. What fails here fails there again."""
    with contextlib.suppress(Exception):
        import matplotlib.figure  # noqa: F401


def panel_grid(count: int, width_in: float, height_in: float) -> tuple["Figure", list["Axes"]]:
    """`count` axes, side by side up to three, four as two by two."""
    columns = 2 if count == 4 else min(count, 3)
    rows = -(-count // columns)
    figure = new_figure(width_in * columns, height_in * rows)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for spare in axes[count:]:
        spare.remove()
    return figure, list(axes[:count])


def letter(number: int, text: str, of: int) -> str:
    """'(a) text', '(b) text' for the panels of a figure; plain text for a single panel."""
    return f"({chr(ord('a') + number)}) {text}" if of > 1 else text


def thousands(axis: "Axes") -> None:
    """Iterations along x, as '500', '1k', '300k'."""
    from matplotlib.ticker import MaxNLocator

    axis.xaxis.set_major_locator(MaxNLocator(6))
    axis.xaxis.set_major_formatter(
        lambda value, _: f"{value / 1000:g}k" if abs(value) >= 1000 else f"{value:g}"
    )
    axis.set_xlabel("iterations")
