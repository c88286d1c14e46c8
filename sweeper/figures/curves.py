"""Figures 4.1 to 4.4: reconstruction and KL along training, for several beta.

The thesis does not say which batch size and learning rate it shows. Here: the setting in which
most of its betas have a finished run; then the most iterations, the larger learning rate, the
smaller batch and the smaller seed. T recorded steps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sweeper.analysis.population import Population
from sweeper.analysis.study import SETTINGS, RunRow, Study
from sweeper.analysis.titles import dataset_title
from sweeper.errors import ResultsError
from sweeper.plotting.style import BLUE, COLOURS, VERMILLION, letter, panel_grid, thousands
from sweeper.tracking import layout

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BETAS = (1.0, 2.0, 4.0)  # the thesis's; another set only where none of these was run
EARLY = 0.1  # of the iterations: the axes fit what comes later; the first loss is near 1000


@dataclass(frozen=True)
class Curve:
    """One training's losses at its recorded steps."""

    beta: float
    run_id: str
    iteration_T: np.ndarray
    recon_T: np.ndarray
    kl_T: np.ndarray


@dataclass(frozen=True)
class Curves:
    """The curves of a dataset by beta. limits: what the axes show, shared by panels: the values
    after the first tenth of the iterations, and KL from 0."""

    dataset: str
    curves: tuple[Curve, ...]
    recon_limits: tuple[float, float]
    kl_limits: tuple[float, float]
    notes: tuple[str, ...]
    mark: str = ""

    def rows(self) -> tuple[Sequence[str], list[Sequence[object]]]:
        header = ("beta", "run_id", "iteration", "reconstruction", "kl")
        return header, [
            (curve.beta, curve.run_id, int(step), float(recon), float(kl))
            for curve in self.curves
            for step, recon, kl in zip(curve.iteration_T, curve.recon_T, curve.kl_T, strict=True)
        ]


def compute_curves(population: Population, dataset: str) -> Curves:
    """The curves of one dataset. Raises ResultsError if none of its VAEs has finished."""
    study = population.study
    chosen = _chosen(_candidates(population, dataset))
    if not chosen:
        raise ResultsError(f"no finished vae or beta_vae on {dataset} in {population.grid}")
    curves = tuple(_curve(study, beta, chosen[beta]) for beta in sorted(chosen))
    first = next(iter(chosen.values()))
    notes = [
        f"{dataset}: batch {first['batch_size']}, learning rate {first['learning_rate']:g}, "
        f"{first['iterations']} iterations, seed {first['seed']}."
    ]
    lacking = [f"{beta:g}" for beta in BETAS if beta not in chosen]
    if lacking:
        notes.append(f"No finished run with beta {', '.join(lacking)} in this setting.")
    recon = _limits((curve.iteration_T, curve.recon_T) for curve in curves)
    kl = (0.0, _limits((curve.iteration_T, curve.kl_T) for curve in curves)[1])
    mark = population.mark(chosen.values())
    return Curves(dataset, curves, recon, kl, (*notes, *population.notes), mark)


def _candidates(population: Population, dataset: str) -> list[tuple[float, RunRow]]:
    found = [
        (1.0 if row["model"] == "vae" else row["param/beta"], row)
        for row in population.finished
        if row["dataset"] == dataset and row["model"] in ("vae", "beta_vae")
    ]
    thesis = [pair for pair in found if pair[0] in BETAS]
    return thesis or found


def _chosen(candidates: Iterable[tuple[float, RunRow]]) -> dict[float, RunRow]:
    settings: dict[tuple[Any, ...], dict[float, RunRow]] = {}
    for beta, row in candidates:
        key = tuple(row[name] for name in SETTINGS if name != "model")
        settings.setdefault(key, {}).setdefault(beta, row)
    return min(settings.values(), key=_preference) if settings else {}


def _preference(found: dict[float, RunRow]) -> tuple[Any, ...]:
    row = next(iter(found.values()))
    order = (-len(found), -row["iterations"], -row["learning_rate"], row["batch_size"], row["seed"])
    return (*order, min(run["run_id"] for run in found.values()))


def _curve(study: Study, beta: float, row: RunRow) -> Curve:
    found = study.trajectory(row["run_id"])
    recon_T, kl_T = found[layout.LOSS_RECON], found[layout.LOSS_KL]
    return Curve(beta, row["run_id"], found["iteration"], recon_T, kl_T)


def _limits(curves: Iterable[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    late = [values[steps >= EARLY * steps.max()] for steps, values in curves]
    joined = np.concatenate(late)
    margin = 0.05 * float(np.ptp(joined)) or 0.5
    return float(joined.min()) - margin, float(joined.max()) + margin


def draw_panels(data: Curves) -> "Figure":
    """One panel for each beta, reconstruction on the left axis and KL on the right (4.1, 4.2)."""
    figure, axes = panel_grid(len(data.curves), 3.9, 3.0)
    for number, (axis, curve) in enumerate(zip(axes, data.curves, strict=True)):
        twin = axis.twinx()
        axis.plot(curve.iteration_T, curve.recon_T, color=BLUE, label="reconstruction")
        twin.plot(curve.iteration_T, curve.kl_T, color=VERMILLION, ls="--", label="KL")
        axis.set_ylim(data.recon_limits)
        twin.set_ylim(data.kl_limits)
        axis.set_title(
            letter(number, f"{dataset_title(data.dataset)}, \u03b2 = {curve.beta:g}", len(axes))
        )
        axis.set_ylabel("reconstruction loss", color=BLUE)
        twin.set_ylabel("KL divergence [nats]", color=VERMILLION)
        axis.tick_params(axis="y", colors=BLUE)
        twin.tick_params(axis="y", colors=VERMILLION)
        thousands(axis)
    return figure


def draw_together(data: Curves) -> "Figure":
    """All betas in one panel: (a) reconstruction, (b) KL (4.3, 4.4)."""
    figure, (left, right) = panel_grid(2, 4.2, 3.2)
    styles = ("-", "--", "-.", ":")
    for number, curve in enumerate(data.curves):
        colour, dashes = COLOURS[number % 7], styles[number % 4]
        name = f"\u03b2 = {curve.beta:g}"
        left.plot(curve.iteration_T, curve.recon_T, color=colour, ls=dashes, label=name)
        right.plot(curve.iteration_T, curve.kl_T, color=colour, ls=dashes, label=name)
    for number, (axis, text) in enumerate(
        ((left, "reconstruction loss"), (right, "KL divergence [nats]"))
    ):
        axis.set_title(letter(number, f"{dataset_title(data.dataset)}, {text.split(' [')[0]}", 2))
        axis.set_ylabel(text)
        axis.set_ylim(data.recon_limits if axis is left else data.kl_limits)
        thousands(axis)
    handles, names = left.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4, frameon=False)
    return figure
