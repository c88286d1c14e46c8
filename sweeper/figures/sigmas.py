"""Figure 6.1: L-VAE's sigmas along training, CbD at each milestone, the selected one marked.

The milestones of a training are sibling runs: same training id, another number of iterations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sweeper.analysis.pool import collect_cells
from sweeper.analysis.scores import score
from sweeper.analysis.selection import best_configuration
from sweeper.analysis.study import Study
from sweeper.errors import ResultsError
from sweeper.figures.scatter import ORDER
from sweeper.plotting.style import BLUE, ORANGE, PURPLE, VERMILLION, letter, panel_grid, thousands
from sweeper.tracking import layout
from trainers.specs.datasets import DATASETS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MODEL = "l_vae"


@dataclass(frozen=True)
class SigmaCurve:
    """One dataset's selected training. T recorded steps, S milestones."""

    dataset: str
    run_id: str
    iteration_T: np.ndarray
    sigma_recon_T: np.ndarray
    sigma_kl_T: np.ndarray
    milestone_S: np.ndarray
    cbd_S: np.ndarray
    selected: int


@dataclass(frozen=True)
class SigmaCurves:
    """A curve for each dataset that has a finished L-VAE."""

    curves: tuple[SigmaCurve, ...]
    notes: tuple[str, ...]

    def rows(self) -> tuple[Sequence[str], list[Sequence[object]]]:
        header = ("dataset", "run_id", "iteration", "quantity", "value")
        rows: list[Sequence[object]] = []
        for one in self.curves:
            series = (
                ("sigma0", one.iteration_T, one.sigma_recon_T),
                ("sigma1", one.iteration_T, one.sigma_kl_T),
                ("cbd", one.milestone_S, one.cbd_S),
            )
            for name, steps, values in series:
                for step, value in zip(steps, values, strict=True):
                    rows.append((one.dataset, one.run_id, int(step), name, float(value)))
        return header, rows


def compute_sigmas(study: Study) -> SigmaCurves:
    """The training of the best L-VAE by CbD of each dataset. Raises ResultsError where none is."""
    rule, curves, notes = score("cbd"), [], []
    cells = collect_cells(study).cells
    cells = cells[cells.label == MODEL]
    for dataset in sorted(set(cells.dataset), key=_place):
        winner = best_configuration(cells[cells.dataset == dataset].to_dict("records"), rule)
        if winner is None:
            notes.append(f"{dataset}: no finished {MODEL} with a CbD.")
            continue
        run = winner.first
        siblings = study.siblings(run["run_id"])
        longest = study.trajectory(siblings.iloc[-1].run_id)
        scored = siblings[np.isfinite(siblings[rule.column])]
        curve = SigmaCurve(
            dataset,
            run["run_id"],
            longest["iteration"],
            np.abs(longest[layout.SIGMA_RECON]),
            np.abs(longest[layout.SIGMA_KL]),
            scored.iterations.to_numpy(),
            scored[rule.column].to_numpy(),
            int(run["iterations"]),
        )
        curves.append(curve)
        notes.append(f"{dataset}: run {curve.run_id}, selected at {curve.selected} iterations.")
    if not curves:
        raise ResultsError(f"no finished {MODEL} with a CbD in {study.place}")
    return SigmaCurves(tuple(curves), tuple(notes))


def _place(dataset: str) -> tuple[int, str]:
    return (ORDER.index(dataset) if dataset in ORDER else len(ORDER), dataset)


def draw_sigmas(data: SigmaCurves) -> "Figure":
    figure, axes = panel_grid(len(data.curves), 4.4, 3.2)
    for number, (axis, one) in enumerate(zip(axes, data.curves, strict=True)):
        twin = axis.twinx()
        lines = axis.plot(one.iteration_T, one.sigma_recon_T, color=BLUE, label="\u03c30")
        lines += axis.plot(one.iteration_T, one.sigma_kl_T, color=ORANGE, ls="--", label="\u03c31")
        lines += twin.plot(one.milestone_S, one.cbd_S, color=PURPLE, marker="o", ms=4, label="CbD")
        chosen = axis.axvline(one.selected, color=VERMILLION, ls=":", label="selected")
        title = DATASETS[one.dataset].title if one.dataset in DATASETS else one.dataset
        axis.set_title(letter(number, title, len(axes)))
        axis.set_ylabel("learned \u03c3")
        twin.set_ylabel("CbD", color=PURPLE)
        twin.tick_params(axis="y", colors=PURPLE)
        twin.margins(y=0.25)
        thousands(axis)
    figure.legend(handles=[*lines, chosen], loc="outside lower center", ncols=4, frameon=False)
    return figure
