"""Heat maps with every value written in its cell. L latents, K factors."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sweeper.plotting.style import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

_DARK = 0.6  # of the range: text on darker cells is white


def matrices_figure(
    matrices: Sequence[np.ndarray],
    rows: Sequence[Sequence[str]],
    columns: Sequence[Sequence[str]],
    titles: Sequence[str],
    scale: str,
    *,
    signed: bool = False,
) -> "Figure":
    """Matrices side by side, with one colour bar. scale: what a colour stands for."""
    most = max(len(names) for names in rows)
    widths = [1.2 + 0.72 * len(names) for names in columns]
    figure = new_figure(sum(widths) + 0.8, 1.7 + 0.42 * most)
    axes = figure.subplots(1, len(matrices), squeeze=False, width_ratios=widths)[0]
    for axis, matrix, names, heads, title in zip(
        axes, matrices, rows, columns, titles, strict=True
    ):
        image = draw_matrix(axis, matrix, names, heads, title=title, signed=signed)
    bar = figure.colorbar(image, ax=list(axes), label=scale)
    bar.outline.set_visible(False)
    return figure


def draw_matrix(
    axis: "Axes",
    matrix: np.ndarray,
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    *,
    title: str = "",
    signed: bool = False,
) -> "AxesImage":
    """Values in 0 to 1, or -1 to 1 if signed; a cell that is not a number is left blank."""
    low = -1.0 if signed else 0.0
    colours = "RdBu" if signed else "Blues"
    image = axis.imshow(
        np.ma.masked_invalid(matrix), cmap=colours, vmin=low, vmax=1.0, aspect="auto"
    )
    axis.set_xticks(range(len(column_labels)), column_labels)
    axis.tick_params(axis="x", rotation=35)
    for label in axis.get_xticklabels():
        label.set(ha="right", rotation_mode="anchor")
    axis.set_yticks(range(len(row_labels)), row_labels)
    axis.set_xticks(np.arange(len(column_labels) + 1) - 0.5, minor=True)
    axis.set_yticks(np.arange(len(row_labels) + 1) - 0.5, minor=True)
    axis.grid(which="minor", color="white", linewidth=1.5)
    axis.tick_params(which="both", length=0)
    axis.spines[:].set_visible(False)
    axis.set_title(title)
    for (row, column), value in np.ndenumerate(matrix):
        if np.isfinite(value):
            colour = "white" if abs(value) > _DARK else "black"
            axis.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour)
    return image
