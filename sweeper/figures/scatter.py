"""Figure 4.5: reconstruction against the beta-VAE measure, coloured by beta, a panel a dataset."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sweeper.analysis.scores import score
from sweeper.analysis.study import Study
from sweeper.errors import ResultsError
from sweeper.plotting.style import COLOURS, MARKERS, letter, panel_grid
from sweeper.tracking import layout
from trainers.specs.datasets import DATASETS

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

    def rows(self) -> tuple[Sequence[str], list[Sequence[object]]]:
        header = ("dataset", "beta", "run_id", "beta_vae_score", "reconstruction")
        return header, [
            (point.dataset, point.beta, point.run_id, point.measure, point.reconstruction)
            for point in self.points
        ]


def compute_scatter(study: Study) -> Scatter:
    """Every finished VAE and beta-VAE. Raises ResultsError where there is none."""
    column = score("beta_vae").column
    points, unscored = [], 0
    runs = study.runs[study.runs.model.isin(("vae", "beta_vae"))]
    for row in runs[runs.status == layout.FINISHED].to_dict("records"):
        measure, recon = row.get(column, math.nan), row.get(layout.VALID_RECON, math.nan)
        if not (math.isfinite(measure) and math.isfinite(recon)):
            unscored += 1
            continue
        beta = 1.0 if row["model"] == "vae" else row["param/beta"]
        points.append(Point(row["dataset"], beta, row["run_id"], measure, recon))
    if not points:
        raise ResultsError(f"no finished vae or beta_vae with a beta_vae score in {study.place}")
    points.sort(key=lambda point: (_place(point.dataset), point.beta, point.run_id))
    datasets = tuple(dict.fromkeys(point.dataset for point in points))
    betas = tuple(sorted({point.beta for point in points}))
    notes = [f"{len(points)} finished runs of vae and beta_vae."]
    notes += [f"{unscored} without a beta_vae score are left out."] if unscored else []
    return Scatter(tuple(points), datasets, betas, tuple(notes))


def _place(dataset: str) -> tuple[int, str]:
    return (ORDER.index(dataset) if dataset in ORDER else len(ORDER), dataset)


def draw_scatter(data: Scatter) -> "Figure":
    figure, axes = panel_grid(len(data.datasets), 4.2, 3.3)
    for number, (axis, dataset) in enumerate(zip(axes, data.datasets, strict=True)):
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
        title = DATASETS[dataset].title if dataset in DATASETS else dataset
        axis.set_title(letter(number, title, len(axes)))
        axis.set_xlabel("\u03b2-VAE measure")
        axis.set_ylabel("reconstruction loss")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    return figure
