"""Models over all datasets and at equal budgets, as pages."""

import math

from sweeper.analysis.models.pooled import PooledModels
from sweeper.analysis.models.tuning import TunedModels
from sweeper.analysis.statistics.spread import LEVEL, Spread
from sweeper.analysis.titles import dataset_title, model_title
from sweeper.messages import counted
from sweeper.tables.pages.page import NO_VALUE, Page, PageCell, PageSection


def pooled_page(found: PooledModels) -> Page:
    """The interquartile mean of each model, and how often it is better than the next one."""
    after = {(a, b): spread for a, b, spread in found.improvements}
    models = [model for model, _ in found.means]
    rows = []
    for place, (model, mean) in enumerate(found.means):
        later = models[place + 1] if place + 1 < len(models) else None
        better = _spread(after[model, later], 2) if later else NO_VALUE
        texts = (model_title(model), _spread(mean, 3), better, str(mean.n))
        rows.append(tuple(map(PageCell, texts)))
    title = f"Models over {counted(len(found.datasets), 'dataset')} by {found.by.title}"
    header = ("Datasets", "Model", "Interquartile mean", "Better than the next", "Runs")
    names = ", ".join(map(dataset_title, found.datasets))
    notes = (
        f"Interquartile mean and probability that a run is better than one of the next model, with "
        f"{LEVEL:.0%} intervals: seeds resampled within datasets (Agarwal et al. 2021).",
    )
    sections = (PageSection(names, tuple(rows)),)
    return Page(_marked(title, found.mark), header, sections, (*notes, *found.notes[:1]))


def tuned_page(found: TunedModels) -> Page:
    """Each model at its dataset's equal budget, and with all of its trainings."""
    sections = []
    for dataset in dict.fromkeys(one.dataset for one in found.models):
        budget = found.budget(dataset)
        rows = []
        for one in (one for one in found.models if one.dataset == dataset):
            best, low, high = one.at(budget)
            band = f"{best:.3f} ({_end(low)} to {_end(high)})"
            full = f"{one.at(one.trainings)[0]:.3f}"
            texts = (model_title(one.model), str(budget), band, str(one.trainings), full)
            rows.append(tuple(map(PageCell, texts)))
        sections.append(PageSection(dataset_title(dataset), tuple(rows)))
    header = (
        "Dataset",
        "Model",
        "Equal budget",
        f"Best {found.by.title}",
        "Trainings",
        "Best of all",
    )
    title = _marked(f"Tuning at equal budgets by {found.by.title}", found.mark)
    return Page(title, header, tuple(sections), found.notes[:1])


def _spread(value: Spread, digits: int) -> str:
    if math.isnan(value.low):
        return f"{value.mean:.{digits}f}"
    return f"{value.mean:.{digits}f} ({value.low:.{digits}f} to {value.high:.{digits}f})"


def _end(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "no bound"


def _marked(title: str, mark: str) -> str:
    return f"{title} ({mark})" if mark else title
