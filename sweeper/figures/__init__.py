"""The thesis's figures from what MLflow holds: numbers first, then the picture.

Figure 6.2, the latent traversals, needs trained weights: see sweeper/weights/traversal.py."""

from functools import partial
from pathlib import Path
from typing import Any

from sweeper.analysis.study import Study, read_study
from sweeper.errors import UsageError
from sweeper.figures.correlation import (
    ALL,
    COMPACTNESS,
    MODULARITY,
    compute_correlations,
    draw_correlations,
)
from sweeper.figures.curves import compute_curves, draw_panels, draw_together
from sweeper.figures.pcc import compute_best, compute_two, draw_pcc
from sweeper.figures.recipe import FigureSpec
from sweeper.figures.regularisers import compute_regularisers, draw_regularisers
from sweeper.figures.scatter import compute_scatter, draw_scatter
from sweeper.figures.sigmas import compute_sigmas, draw_sigmas
from sweeper.messages import unknown
from sweeper.plotting.files import figure_contents, write_files

__all__ = ["FIGURES", "figure", "figure_files", "needs_runs"]


def _curves(dataset: str, title: str, draw: object) -> FigureSpec:
    return FigureSpec(title, partial(compute_curves, dataset=dataset), draw)  # type: ignore[arg-type]


def _pcc(dataset: str, model: str, title: str) -> FigureSpec:
    return FigureSpec(title, partial(compute_best, dataset=dataset, model=model), draw_pcc)


def _correlation(measures: tuple[str, ...], title: str) -> FigureSpec:
    return FigureSpec(title, partial(compute_correlations, measures=measures), draw_correlations)


FIGURES: dict[str, FigureSpec] = {
    "4.1": _curves("dsprites", "Reconstruction and KL along training, dSprites", draw_panels),
    "4.2": _curves("mpi3d", "Reconstruction and KL along training, MPI3D", draw_panels),
    "4.3": _curves("dsprites", "The effect of beta along training, dSprites", draw_together),
    "4.4": _curves("mpi3d", "The effect of beta along training, MPI3D", draw_together),
    "4.5": FigureSpec("Reconstruction against the beta-VAE measure", compute_scatter, draw_scatter),
    "5.3": FigureSpec("PCC matrices of two models", compute_two, draw_pcc),
    "5.4": _correlation(ALL, "Correlation of CbD with other measures"),
    "5.5": _correlation(COMPACTNESS, "Correlation among measures of compactness"),
    "5.6": _correlation(MODULARITY, "Correlation among measures of modularity"),
    "6.1": FigureSpec("The weights that L-VAE learns", compute_sigmas, draw_sigmas),
    "7.1": FigureSpec(
        "Two regularisers", compute_regularisers, draw_regularisers, needs_runs=False
    ),
    "7.2": _pcc("dsprites", "mdl_vae_strong", "PCC and sigmas, mdL-VAE-strong on dSprites"),
    "7.3": _pcc("dsprites", "l_vae", "PCC, L-VAE on dSprites"),
    "7.4": _pcc("falcor3d", "mdl_vae_strong", "PCC and sigmas, mdL-VAE-strong on Falcor3D"),
    "7.5": _pcc("isaac3d", "mdl_vae_strong", "PCC and sigmas, mdL-VAE-strong on Isaac3D"),
    "7.6": _pcc("mpi3d", "mdl_vae_strong", "PCC and sigmas, mdL-VAE-strong on MPI3D"),
    "7.7": _pcc("mpi3d", "mdl_vae_weak", "PCC and sigmas, mdL-VAE-weak on MPI3D"),
}


def figure(name: str, store: Study | str | None = None, out_dir: Path | str = ".") -> list[Path]:
    """Write a figure of the thesis ('7.2' or 'figure7_2') as PNG, SVG and CSV; their paths.

    Raises UsageError for an unknown name, ResultsError where the store lacks the runs."""
    short = _short(name)
    needs_store = FIGURES[short].needs_runs and not isinstance(store, Study)
    study = read_study(store) if needs_store else store  # type: ignore[arg-type]
    stem = f"figure_{short.replace('.', '_')}"
    return write_files(Path(out_dir), stem, figure_files(short, study))


def needs_runs(name: str) -> bool:
    """False for a figure of mathematics alone, which is drawn without a store."""
    short = name.removeprefix("figure").replace("_", ".").strip()
    return short not in FIGURES or FIGURES[short].needs_runs


def figure_files(name: str, study: Any) -> dict[str, bytes]:
    """{'png': .., 'svg': .., 'csv': ..}, the same bytes whenever the numbers are the same."""
    recipe = FIGURES[_short(name)]
    data = recipe.compute(study)
    return figure_contents(recipe.draw(data), *data.rows())


def _short(name: str) -> str:
    short = name.removeprefix("figure").replace("_", ".").strip()
    if short not in FIGURES:
        raise UsageError(f"figure {name!r} {unknown(name, list(FIGURES))}")
    return short
