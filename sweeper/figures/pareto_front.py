"""The picture of a Pareto front: every configuration, those on the front joined by steps."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sweeper.analysis.pareto import Front, FrontPoint
from sweeper.analysis.titles import dataset_title, model_title
from sweeper.plotting.files import figure_contents, write_files
from sweeper.plotting.style import BLACK, COLOURS, MARKERS, letter, panel_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_front(found: Front) -> "Figure":
    """The first metric along x, the second along y, one panel for each dataset."""
    names = list(dict.fromkeys(place.dataset for place in found.places))
    labels = sorted({place.label for place in found.places})
    figure, axes = panel_grid(len(names), 4.4, 3.4)
    for number, (axis, name) in enumerate(zip(axes, names, strict=True)):
        here = [place for place in found.places if place.dataset == name]
        for index, label in enumerate(labels):
            _scatter(axis, [place for place in here if place.label == label], label, index)
        _join(axis, [place for place in here if place.on_front], found.directions)
        axis.set_title(letter(number, dataset_title(name), len(names)))
        axis.set_xlabel(found.metrics[0].title)
        axis.set_ylabel(found.metrics[1].title)
    handles, texts = axes[0].get_legend_handles_labels()
    figure.legend(handles, texts, loc="outside lower center", ncols=4, frameon=False)
    figure.suptitle(f"Pareto front of {found.grid}" + (f" ({found.mark})" if found.mark else ""))
    return figure


def save_front(found: Front, folder: Path) -> list[Path]:
    """Writes pareto_GRID.png, .svg and .csv, or pareto_GRID_synthetic.. for synthetic runs."""
    contents = figure_contents(draw_front(found), *found.rows())
    stem = "_".join(["pareto", found.grid, *found.mark.replace(",", "").split()])
    return write_files(folder, stem, contents)


def _scatter(axis: "Axes", places: list[FrontPoint], label: str, index: int) -> None:
    """Points on the front are filled, the others are pale."""
    for on_front, alpha in ((False, 0.35), (True, 1.0)):
        shown = [place for place in places if place.on_front == on_front]
        axis.scatter(
            [place.values[0] for place in shown],
            [place.values[1] for place in shown],
            s=26 if on_front else 14,
            alpha=alpha,
            linewidths=0,
            color=COLOURS[index % len(COLOURS)],
            marker=MARKERS[index % len(MARKERS)],
            label=model_title(label) if on_front else None,
        )


def _join(axis: "Axes", places: list[FrontPoint], directions: tuple[str, ...]) -> None:
    """Steps between the points of the front. No run was found beyond them."""
    places = sorted(places, key=lambda place: place.values[:2])
    where: Literal["pre", "post"] = "post" if directions[0] == "min" else "pre"
    axis.step(
        [place.values[0] for place in places],
        [place.values[1] for place in places],
        where=where,
        color=BLACK,
        linewidth=0.8,
        zorder=0,
    )
