"""The figures of the thesis and of any grid, from the runs in MLflow: numbers, then the picture.

Figure 6.2, the latent traversals, needs trained weights: see sweeper/weights/traversal.py."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweeper.analysis.models.pooled import pool_models
from sweeper.analysis.models.tuning import tune_models
from sweeper.analysis.population import Source
from sweeper.errors import UsageError
from sweeper.figures.best_of_n import compute_best_of_n, draw_best_of_n
from sweeper.figures.correlation import (
    ALL,
    COMPACTNESS,
    MODULARITY,
    compute_correlations,
    draw_correlations,
)
from sweeper.figures.curves import compute_curves, draw_panels, draw_together
from sweeper.figures.models import draw_profiles, draw_tuning
from sweeper.figures.pcc import compute_best, compute_two, draw_pcc
from sweeper.figures.recipe import FigureData, FigureSpec
from sweeper.figures.regularisers import compute_regularisers, draw_regularisers
from sweeper.figures.scatter import compute_scatter, draw_scatter
from sweeper.figures.sigmas import compute_sigmas, draw_sigmas
from sweeper.messages import unknown
from sweeper.planning.population import find_population
from sweeper.plotting.files import figure_contents, write_files

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FIGURES", "draw_figure", "figure", "figure_files", "needs_runs"]


def _curves(dataset: str, title: str, draw: object) -> FigureSpec:
    compute = partial(compute_curves, dataset=dataset)
    return FigureSpec(title, compute, draw, "figure4_5")  # type: ignore[arg-type]


def _pcc(dataset: str, model: str, title: str) -> FigureSpec:
    return FigureSpec(title, partial(compute_best, dataset=dataset, model=model), draw_pcc)


def _correlation(measures: tuple[str, ...], title: str) -> FigureSpec:
    compute = partial(compute_correlations, measures=measures)
    return FigureSpec(title, compute, draw_correlations, "thesis")


FIGURES: dict[str, FigureSpec] = {
    "4.1": _curves("dsprites", "Reconstruction and KL along training, dSprites", draw_panels),
    "4.2": _curves("mpi3d", "Reconstruction and KL along training, MPI3D", draw_panels),
    "4.3": _curves("dsprites", "The effect of beta along training, dSprites", draw_together),
    "4.4": _curves("mpi3d", "The effect of beta along training, MPI3D", draw_together),
    "4.5": FigureSpec(
        "Reconstruction against the beta-VAE measure", compute_scatter, draw_scatter, "figure4_5"
    ),
    "5.3": FigureSpec("PCC matrices of two models", compute_two, draw_pcc),
    "5.4": _correlation(ALL, "Correlation of CbD with other measures"),
    "5.5": _correlation(COMPACTNESS, "Correlation among measures of compactness"),
    "5.6": _correlation(MODULARITY, "Correlation among measures of modularity"),
    "6.1": FigureSpec("The weights that L-VAE learns", compute_sigmas, draw_sigmas, "table6_1"),
    "7.1": FigureSpec("Two regularisers", compute_regularisers, draw_regularisers, ""),
    "7.2": _pcc("dsprites", "mdl_vae_strong", "PCC and sigmas, mdL-VAE-strong on dSprites"),
    "7.3": _pcc("dsprites", "l_vae", "PCC, L-VAE on dSprites"),
    "7.4": _pcc("falcor3d", "mdl_vae_strong", "PCC and sigmas, mdL-VAE-strong on Falcor3D"),
    "7.5": _pcc("isaac3d", "mdl_vae_strong", "PCC and sigmas, mdL-VAE-strong on Isaac3D"),
    "7.6": _pcc("mpi3d", "mdl_vae_strong", "PCC and sigmas, mdL-VAE-strong on MPI3D"),
    "7.7": _pcc("mpi3d", "mdl_vae_weak", "PCC and sigmas, mdL-VAE-weak on MPI3D"),
    "best_of_n": FigureSpec(
        "Expected best score against the number of trainings", compute_best_of_n, draw_best_of_n
    ),
    "profiles": FigureSpec("Models over all datasets", pool_models, draw_profiles),
    "tuning": FigureSpec("Tuning curves at equal budgets", tune_models, draw_tuning),
}


def figure(
    name: str,
    source: Source = None,
    out_dir: Path | str = ".",
    *,
    grid: str | Path | None = None,
    rehearsal: bool | None = False,
    synthetic: bool | None = False,
    on_note: Callable[[str], None] = lambda note: None,
) -> list[Path]:
    """Write a figure ('7.2' or 'figure7_2') as PNG, SVG and CSV; their paths.

    source: a study, a tracking URI, or a population to take as it is.  grid: the launch or grid
    file to use instead of the figure's own.  rehearsal, synthetic: such runs in place of real
    ones; the files' names then say so.  on_note: called with what the reader must know: which
    runs are shown, which were left out.
    Raises UsageError for an unknown name, ResultsError where the store lacks the runs."""
    short = _short(name)
    spec = FIGURES[short]
    population = None
    if spec.needs_runs:
        population = find_population(
            source, grid, shipped=spec.grid, rehearsal=rehearsal, synthetic=synthetic
        )
    data = spec.compute(population)  # type: ignore[arg-type]
    files = write_files(Path(out_dir), _stem(short, data), _contents(short, data))
    for note in data.notes:
        on_note(note)
    return files


def needs_runs(name: str) -> bool:
    """False for a figure that needs no runs, and so no store."""
    short = name.removeprefix("figure").replace("_", ".").strip()
    return short not in FIGURES or FIGURES[short].needs_runs


def figure_files(name: str, population: Any) -> dict[str, bytes]:
    """{'png': .., 'svg': .., 'csv': ..}: equal bytes for equal numbers."""
    short = _short(name)
    return _contents(short, FIGURES[short].compute(population))


def draw_figure(name: str, data: FigureData) -> "Figure":
    """The picture with its title, which marks rehearsals and synthetic data."""
    picture = FIGURES[name].draw(data)
    picture.suptitle(f"{FIGURES[name].title} ({data.mark})" if data.mark else FIGURES[name].title)
    return picture


def _contents(name: str, data: FigureData) -> dict[str, bytes]:
    header, rows = data.rows()
    if FIGURES[name].needs_runs:
        header = (*header, "population")
        rows = [(*row, data.mark or "real") for row in rows]
    return figure_contents(draw_figure(name, data), header, rows)


def _stem(name: str, data: FigureData) -> str:
    return "_".join(["figure", *name.split("."), *data.mark.replace(",", "").split()])


def _short(name: str) -> str:
    short = name.removeprefix("figure").lstrip("_ ").strip()
    short = short if short in FIGURES else short.replace("_", ".")
    if short not in FIGURES:
        raise UsageError(f"figure {name!r} {unknown(name, list(FIGURES))}")
    return short
