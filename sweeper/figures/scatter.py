"""Figure 4.5: reconstruction against the beta-VAE measure, coloured by beta, for each dataset."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sweeper.analysis.population import Population
from sweeper.analysis.scores import score
from sweeper.analysis.selection import number
from sweeper.analysis.titles import dataset_title
from sweeper.errors import ResultsError
from sweeper.plotting.style import COLOURS, MARKERS, letter, panel_grid
from sweeper.tracking import layout

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ORDER = ("dsprites", "mpi3d", "falcor3d", "isaac3d")  # as the thesis's panels


@dataclass(frozen=True)
class Point:
    """One finished run."""

    dataset: str
    beta: float
    run_id: str
    measure: float
    reconstruction: float


@dataclass(frozen=True)
class Scatter:
    """points: by dataset in panel order, then beta, then run id."""

    points: tuple[Point, ...]
    datasets: tuple[str, ...]
    betas: tuple[float, ...]
    notes: tuple[str, ...]
    mark: str = ""

    def rows(self) -> tuple[Sequence[str], list[Sequence[object]]]:
        header = ("dataset", "beta", "run_id", "beta_vae_score", "reconstruction")
        return header, [
            (point.dataset, point.beta, point.run_id, point.measure, point.reconstruction)
            for point in self.points
        ]


def compute_scatter(population: Population) -> Scatter:
    """Every finished VAE and beta-VAE. Raises ResultsError where there is none."""
    column = score("beta_vae").column
    points, shown, unscored = [], [], 0
    for row in population.finished:
        if row["model"] not in ("vae", "beta_vae"):
            continue
        measure, recon = number(row, column), number(row, layout.VALID_RECON)
        if not (math.isfinite(measure) and math.isfinite(recon)):
            unscored += 1
            continue
        beta = 1.0 if row["model"] == "vae" else row["param/beta"]
        points.append(Point(row["dataset"], beta, row["run_id"], measure, recon))
        shown.append(row)
    if not points:
        raise ResultsError(
            f"no finished vae or beta_vae with a beta_vae score in {population.grid}"
        )
    points.sort(key=lambda point: (_place(point.dataset), point.beta, point.run_id))
    datasets = tuple(dict.fromkeys(point.dataset for point in points))
    betas = tuple(sorted({point.beta for point in points}))
    notes = [f"{len(points)} finished runs of vae and beta_vae."]
    notes += [f"{unscored} without a beta_vae score are left out."] if unscored else []
    mark = population.mark(shown)
    return Scatter(tuple(points), datasets, betas, (*notes, *population.notes), mark)


def _place(dataset: str) -> tuple[int, str]:
    return (ORDER.index(dataset) if dataset in ORDER else len(ORDER), dataset)


def draw_scatter(data: Scatter) -> "Figure":
    figure, axes = panel_grid(len(data.datasets), 4.2, 3.3)
    for place, (axis, dataset) in enumerate(zip(axes, data.datasets, strict=True)):
        for index, beta in enumerate(data.betas):
            here = [p for p in data.points if (p.dataset, p.beta) == (dataset, beta)]
            axis.scatter(
                [point.measure for point in here],
                [point.reconstruction for point in here],
                s=18,
                alpha=0.8,
                linewidths=0,
                color=COLOURS[index % 7],
                marker=MARKERS[index % 7],
                label=f"\u03b2 = {beta:g}",
            )
        axis.set_title(letter(place, dataset_title(dataset), len(axes)))
        axis.set_xlabel("\u03b2-VAE measure")
        axis.set_ylabel("reconstruction loss")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    return figure
