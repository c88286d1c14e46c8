"""Heat maps with every value written in its cell. L latents, K factors."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sweeper.plotting.style import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

LETTER_IN = 0.085  # width of a letter at the default size
CELL_IN = (0.62, 0.36)
_DARK = 0.6  # of the range: text on darker cells is white


def pcc_figure(
    P_LK: np.ndarray, factor_names: Sequence[str], row_labels: Sequence[str], title: str = ""
) -> "Figure":
    """The PCC matrix as in Figure 7.2: a row for each latent, labelled as in 'z3 (0.76)'.

    Margins are computed from the lengths of labels: every run gets such a picture, and a layout
    engine would double its time."""
    from matplotlib.figure import Figure

    rise = 0.05 + LETTER_IN * max(map(len, factor_names)) * 0.6  # of a label turned by 35 degrees
    reach = (
        0.8 * LETTER_IN * max(map(len, factor_names)) - CELL_IN[0] / 2
    )  # of the first, leftwards
    left = 0.15 + max(LETTER_IN * max(map(len, row_labels)), reach)
    inner = CELL_IN[0] * len(factor_names), CELL_IN[1] * len(row_labels)
    top = 0.35 if title else 0.1
    width, height = left + inner[0] + 0.1, 0.15 + rise + inner[1] + top
    figure = Figure(figsize=(width, height))
    place = (left / width, (0.15 + rise) / height, inner[0] / width, inner[1] / height)
    draw_matrix(figure.add_axes(place), P_LK, row_labels, factor_names, title=title)
    return figure


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
