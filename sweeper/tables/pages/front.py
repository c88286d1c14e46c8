"""A Pareto front as a page."""

from sweeper.analysis.pareto import Front, FrontPoint
from sweeper.analysis.titles import dataset_title, model_title
from sweeper.tables.pages.page import ARROW_DOWN, ARROW_UP, Page, PageCell, PageSection


def front_page(found: Front) -> Page:
    """The front as a table: a row for each configuration on it."""
    arrows = [ARROW_UP if direction == "max" else ARROW_DOWN for direction in found.directions]
    titles = [f"{m.title} {arrow}" for m, arrow in zip(found.metrics, arrows, strict=True)]
    names = list(dict.fromkeys(place.dataset for place in found.best))
    sections = tuple(
        PageSection(dataset_title(name), tuple(_row(p) for p in found.best if p.dataset == name))
        for name in names
    )
    header = ("Dataset", "Model", *titles, "Settings", "Run")
    mark = f" ({found.mark})" if found.mark else ""
    return Page(f"Pareto front of {found.grid}{mark}", header, sections, found.notes)


def _row(place: FrontPoint) -> tuple[PageCell, ...]:
    values = [f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}" for value in place.values]
    texts = (model_title(place.label), *values, place.settings_text, place.run_ids[0])
    return tuple(map(PageCell, texts))
