"""Models over all datasets (profiles and improvements) and tuning curves, drawn."""

from typing import TYPE_CHECKING

import numpy as np

from sweeper.analysis.models.pooled import PooledModels
from sweeper.analysis.models.tuning import TunedModels
from sweeper.analysis.titles import dataset_title, model_title
from sweeper.plotting.style import COLOURS, letter, panel_grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_profiles(data: PooledModels) -> "Figure":
    """Interquartile means with intervals, and performance profiles with pointwise bands."""
    figure, (means, profiles) = panel_grid(2, 4.8, 3.6)
    for place, (model, mean) in enumerate(data.means):
        colour = COLOURS[place % len(COLOURS)]
        has_interval = np.isfinite(mean.low)
        ends = [[mean.mean - mean.low], [mean.high - mean.mean]] if has_interval else None
        means.errorbar(mean.mean, -place, xerr=ends, fmt="o", color=colour, capsize=3)
        points_T, low_T, high_T = data.profiles[model]
        profiles.plot(data.thresholds_T, points_T, color=colour, label=model_title(model))
        profiles.fill_between(data.thresholds_T, low_T, high_T, color=colour, alpha=0.2, lw=0)
    means.set_yticks([-place for place in range(len(data.means))])
    means.set_yticklabels([model_title(model) for model, _ in data.means])
    means.set_title("(a) interquartile mean")
    means.set_xlabel(data.by.title)
    profiles.set_title("(b) performance profile")
    profiles.set_xlabel(f"{data.by.title} above")
    profiles.set_ylabel("share of runs")
    profiles.legend(frameon=False)
    return figure


def draw_tuning(data: TunedModels) -> "Figure":
    """A panel for each dataset: curves with bands up to the equal budget, then curves alone."""
    datasets = list(dict.fromkeys(one.dataset for one in data.models))
    models = sorted({one.model for one in data.models})
    figure, axes = panel_grid(len(datasets), 4.6, 3.4)
    lines = {}
    for place, (axis, dataset) in enumerate(zip(axes, datasets, strict=True)):
        for one in (one for one in data.models if one.dataset == dataset):
            colour = COLOURS[models.index(one.model) % len(COLOURS)]
            tried_N = np.arange(1, one.trainings + 1)
            (lines[one.model],) = axis.step(
                tried_N, one.curve.best_N, where="post", color=colour, label=model_title(one.model),
                marker="o" if one.trainings == 1 else "", ms=4,  # a line of one point is invisible
            )  # fmt: skip
            bounded_N = np.isfinite(one.curve.low_N) & np.isfinite(one.curve.high_N)
            axis.fill_between(
                tried_N, one.curve.low_N, one.curve.high_N, where=bounded_N, step="post",
                color=colour, alpha=0.15, lw=0,
            )  # fmt: skip
        axis.axvline(data.budget(dataset), color="0.6", lw=0.8, ls=":")
        axis.set_title(letter(place, dataset_title(dataset), len(axes)))
        axis.set_xlabel("trainings tried")
        if all(one.trainings == 1 for one in data.models if one.dataset == dataset):
            axis.set_xticks([1])
        axis.set_ylabel(f"median best {data.by.title}")
    figure.legend(handles=list(lines.values()), loc="outside lower center", ncols=4, frameon=False)
    return figure
