"""The expected best score against the number of trainings tried, for each dataset and model.

The maximum of n trainings drawn without replacement from the N that finished, expected over all
such draws (Dodge et al. 2019, in the unbiased form of Tang et al. 2020):

    E[max of n] = sum_i v_(i) C(i - 1, n - 1) / C(N, n),  v_(1) <= .. <= v_(N)

Each training counts once, with the milestone that the selection rule chooses. S trainings tried."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sweeper.analysis.models.tuning import training_scores
from sweeper.analysis.population import Population
from sweeper.analysis.scores import Score
from sweeper.analysis.study import RunRow
from sweeper.analysis.titles import dataset_title, model_title
from sweeper.errors import ResultsError, UsageError
from sweeper.plotting.style import COLOURS, MARKERS, letter, panel_grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class BestOfN:
    """One model on one dataset. expected_S: at 1, 2, .. trainings."""

    dataset: str
    model: str
    expected_S: tuple[float, ...]


@dataclass(frozen=True)
class BestOfNCurves:
    """A curve for each dataset and model with a finished training."""

    by: Score
    curves: tuple[BestOfN, ...]
    notes: tuple[str, ...]
    mark: str = ""

    def rows(self) -> tuple[Sequence[str], list[Sequence[object]]]:
        header = ("dataset", "model", "trainings", f"expected_best_{self.by.name}")
        return header, [
            (one.dataset, one.model, place + 1, value)
            for one in self.curves
            for place, value in enumerate(one.expected_S)
        ]


def compute_best_of_n(population: Population) -> BestOfNCurves:
    """By the grid's own selection rule. Raises ResultsError where no run has its score, UsageError
    for a score that compares seeds."""
    rule = population.rule.with_score(None, population.columns)
    if rule.by.needs_seeds:
        raise UsageError(f"{rule.by.name} compares seeds: no training has it alone")
    groups: dict[tuple[str, str], list[RunRow]] = {}
    for cell in population.cells:
        groups.setdefault((cell["dataset"], cell["label"]), []).append(cell)
    curves, shown = [], []
    for (dataset, label), cells in groups.items():
        values = training_scores(cells, rule)
        if values:
            expected_S = expected_best(values, lower_is_better=rule.by.lower_is_better)
            curves.append(BestOfN(dataset, label, expected_S))
            shown += cells
    if not curves:
        raise ResultsError(f"no finished run with {rule.by.name} in {population.grid}")
    notes = ("Expected best of n of the finished trainings, drawn without replacement.",)
    mark = population.mark(shown)
    return BestOfNCurves(rule.by, tuple(curves), (*notes, *population.notes), mark)


def expected_best(values: Sequence[float], *, lower_is_better: bool = False) -> tuple[float, ...]:
    """The expected best of 1, 2, .., N of N values drawn without replacement."""
    ordered = sorted(values, reverse=lower_is_better)
    total = len(ordered)
    return tuple(
        math.fsum(
            value * (math.comb(place, n - 1) / math.comb(total, n))
            for place, value in enumerate(ordered)
        )
        for n in range(1, total + 1)
    )


def draw_best_of_n(data: BestOfNCurves) -> "Figure":
    """One panel for each dataset, one line for each model."""
    datasets = list(dict.fromkeys(one.dataset for one in data.curves))
    models = list(dict.fromkeys(one.model for one in data.curves))
    figure, axes = panel_grid(len(datasets), 4.4, 3.3)
    lines = {}
    for place, (axis, dataset) in enumerate(zip(axes, datasets, strict=True)):
        for one in data.curves:
            if one.dataset == dataset:
                index = models.index(one.model)
                (lines[one.model],) = axis.plot(
                    range(1, len(one.expected_S) + 1),
                    one.expected_S,
                    color=COLOURS[index % len(COLOURS)],
                    marker=MARKERS[index % len(MARKERS)],
                    ms=3,
                    label=model_title(one.model),
                )
        axis.set_title(letter(place, dataset_title(dataset), len(axes)))
        axis.set_xlabel("trainings tried")
        axis.set_ylabel(f"expected best {data.by.title}")
    figure.legend(handles=list(lines.values()), loc="outside lower center", ncols=4, frameon=False)
    return figure
