"""How selections by different measures differ, as pages."""

import math

from sweeper.analysis.comparison import Agreement, MeasureComparison, Ranking, settings_text
from sweeper.analysis.titles import dataset_title, model_title
from sweeper.tables.pages.page import NO_VALUE, Page, PageCell, PageSection


def winners_page(found: MeasureComparison) -> Page:
    """The best model by each measure, its settings, and the order of all models."""
    names = list(dict.fromkeys(ranking.dataset for ranking in found.rankings))
    sections = tuple(
        PageSection(
            dataset_title(name),
            tuple(_winner_cells(one) for one in found.rankings if one.dataset == name),
        )
        for name in names
    )
    header = ("Dataset", "Selected by", "Best model", "Score", "Settings", "Order of models")
    return Page(
        _marked("Winners by measure", found), header, sections, found.notes, (0, 1, 2, 4, 5)
    )


def _winner_cells(ranking: Ranking) -> tuple[PageCell, ...]:
    title = PageCell(ranking.by.title)
    if not ranking.winners:
        return (title, *[PageCell(NO_VALUE)] * 4)
    first = ranking.winners[0]
    order = " > ".join(
        f"{model_title(winner.first['label'])} {winner.value:.2f}" for winner in ranking.winners
    )
    texts = (model_title(first.first["label"]), f"{first.value:.2f}", settings_text(first), order)
    return (title, *map(PageCell, texts))


def agreements_page(found: MeasureComparison) -> Page:
    """The rank correlation of each pair of measures."""
    names = list(dict.fromkeys(one.dataset for one in found.agreements))
    sections = tuple(
        PageSection(
            dataset_title(name),
            tuple(_agreement_cells(one) for one in found.agreements if one.dataset == name),
        )
        for name in names
    )
    header = ("Dataset", "Measures", "Spearman", "Kendall", "Runs")
    notes = ("Over every finished run that has both measures.",)
    return Page(_marked("Agreement of measures", found), header, sections, notes)


def _agreement_cells(one: Agreement) -> tuple[PageCell, ...]:
    numbers = (NO_VALUE if math.isnan(v) else f"{v:.2f}" for v in (one.spearman, one.kendall))
    return tuple(map(PageCell, (f"{one.first}, {one.second}", *numbers, str(one.n))))


def _marked(title: str, found: MeasureComparison) -> str:
    return f"{title} ({found.mark})" if found.mark else title
