"""Figure 6.1: L-VAE's sigmas along training, CbD at each milestone, the selected one marked.

The milestones of a training are sibling runs: same training id, another number of iterations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sweeper.analysis.population import Population
from sweeper.analysis.selection import best_configuration, number
from sweeper.analysis.study import RunRow
from sweeper.analysis.titles import dataset_title
from sweeper.errors import ResultsError
from sweeper.figures.scatter import ORDER
from sweeper.plotting.style import BLUE, ORANGE, PURPLE, VERMILLION, letter, panel_grid, thousands
from sweeper.tracking import layout

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
    mark: str = ""

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


def compute_sigmas(population: Population) -> SigmaCurves:
    """The training of the best L-VAE by CbD of each dataset. Raises ResultsError where none is."""
    rule = population.rule.with_score("cbd", population.columns)
    cells, curves, shown, notes = population.where(label=MODEL), [], [], []
    for dataset in sorted({cell["dataset"] for cell in cells}, key=_place):
        winner = best_configuration(population.where(label=MODEL, dataset=dataset), rule)
        if winner is None:
            notes.append(f"{dataset}: no finished {MODEL} with a CbD.")
            continue
        curve = _curve(population, winner.first, rule.by.column)
        curves.append(curve)
        shown.append(winner.first)
        notes.append(f"{dataset}: run {curve.run_id}, selected at {curve.selected} iterations.")
    if not curves:
        raise ResultsError(f"no finished {MODEL} with a CbD in {population.grid}")
    mark = population.mark(shown)
    return SigmaCurves(tuple(curves), (*notes, *population.notes), mark)


def _curve(population: Population, run: RunRow, column: str) -> SigmaCurve:
    siblings = [row for row in population.finished if row["training_id"] == run["training_id"]]
    siblings.sort(key=lambda row: row["iterations"])
    longest = population.study.trajectory(siblings[-1]["run_id"])
    scored = [row for row in siblings if np.isfinite(number(row, column))]
    return SigmaCurve(
        run["dataset"],
        run["run_id"],
        longest["iteration"],
        np.abs(longest[layout.SIGMA_RECON]),
        np.abs(longest[layout.SIGMA_KL]),
        np.array([row["iterations"] for row in scored]),
        np.array([number(row, column) for row in scored]),
        int(run["iterations"]),
    )


def _place(dataset: str) -> tuple[int, str]:
    return (ORDER.index(dataset) if dataset in ORDER else len(ORDER), dataset)


def draw_sigmas(data: SigmaCurves) -> "Figure":
    figure, axes = panel_grid(len(data.curves), 4.4, 3.2)
    for place, (axis, one) in enumerate(zip(axes, data.curves, strict=True)):
        twin = axis.twinx()
        lines = axis.plot(one.iteration_T, one.sigma_recon_T, color=BLUE, label="\u03c30")
        lines += axis.plot(one.iteration_T, one.sigma_kl_T, color=ORANGE, ls="--", label="\u03c31")
        lines += twin.plot(one.milestone_S, one.cbd_S, color=PURPLE, marker="o", ms=4, label="CbD")
        chosen = axis.axvline(one.selected, color=VERMILLION, ls=":", label="selected")
        axis.set_title(letter(place, f"L-VAE, {dataset_title(one.dataset)}", len(axes)))
        axis.set_ylabel("learned \u03c3")
        twin.set_ylabel("CbD", color=PURPLE)
        twin.tick_params(axis="y", colors=PURPLE)
        twin.margins(y=0.25)
        thousands(axis)
    figure.legend(handles=[*lines, chosen], loc="outside lower center", ncols=4, frameon=False)
    return figure
