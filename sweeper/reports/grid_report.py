"""One self-contained HTML page about a launched grid: tables, figures, grid, environment, gaps.

No script, no request to anywhere: pictures are data URIs, and every text is escaped."""

import base64
import importlib.metadata
import platform
from collections import Counter
from dataclasses import dataclass
from html import escape

from sweeper.analysis.comparison import compare, settings_text
from sweeper.analysis.population import MISSING, Population, Source
from sweeper.errors import ResultsError, SweeperError
from sweeper.figures import FIGURES, draw_figure
from sweeper.messages import counted, first_line
from sweeper.planning.population import find_population
from sweeper.plotting.files import as_bytes
from sweeper.reports.html_page import _section, html_page
from sweeper.tables import TABLES, table
from sweeper.tables.pages.comparison import agreements_page, winners_page
from sweeper.tables.pages.table_page import table_page
from sweeper.tables.render.html import page_html
from sweeper.tables.table import Table
from sweeper.tracking.reading.reader import launch_order
from sweeper.version import __version__

_MEDIA = {"svg": "image/svg+xml", "png": "image/png"}


@dataclass(frozen=True)
class Report:
    """A page and its parts.  pictures: {figure: bytes of the kind asked for}."""

    html: str
    tables: tuple[Table, ...]
    pictures: dict[str, bytes]


def report(
    grid: str,
    source: Source = None,
    *,
    rehearsal: bool | None = False,
    synthetic: bool | None = False,
) -> str:
    """The page, as text. The same store gives the same bytes.

    rehearsal, synthetic: such runs in place of real ones; None: whatever the newest launch was.
    Raises ResultsError for a grid never launched, TrackingError for a store that cannot be read."""
    return make_report(grid, source, rehearsal=rehearsal, synthetic=synthetic).html


def make_report(
    grid: str,
    source: Source = None,
    kind: str = "svg",
    *,
    rehearsal: bool | None = False,
    synthetic: bool | None = False,
) -> Report:
    """The page with its tables and pictures; kind: 'svg', or 'png', which is quicker to load."""
    own = find_population(source, grid, rehearsal=rehearsal, synthetic=synthetic)
    launches = [launch for launch in own.study.launches if launch.grid == own.grid]
    text = max(launches, key=launch_order).grid_text if launches else ""
    tables = _tables(own)
    figures, pictures, missing_figures = _figures(own, kind)
    parts = [
        f"<p>{_summary(own)}</p>",
        "".join(f"<p>{escape(note)}</p>" for note in own.notes),
        _section("What is missing", _gaps(tables, missing_figures)),
        _section("Tables", "".join(_table(found) for found in tables)),
        _section("Selected runs", _selected(tables[0])),
        _section("Measures", _measures(own)),
        _section("Figures", figures or "<p>None of the figures has its runs here.</p>"),
        _section("Grid", f"<pre>{escape(text)}</pre>"),
        _section("Environment", _environment(own)),
    ]
    mark = own.mark(own.rows)
    heading = f"{own.grid} ({mark})" if mark else own.grid
    page = html_page(f"sweeper: {heading}", "".join(parts), heading)
    return Report(page, tuple(tables), pictures)


def _summary(population: Population) -> str:
    counts = Counter(row["status"] for row in population.rows)
    text = ", ".join(f"{counts[name]} {name}" for name in sorted(counts))
    return escape(f"{counted(len(population.rows), 'run')} asked for: {text or 'none ended'}.")


def _tables(population: Population) -> list[Table]:
    """The grid's own table, then those of the thesis of which its runs fill every row."""
    own = table(population.grid, population)
    found = [own]
    for name in TABLES:
        try:
            other = table(name, population)
        except ResultsError:
            continue
        if not other.absent and name != own.spec.name:
            found.append(other)
    return found


def _table(found: Table) -> str:
    page = table_page(found, compare=found.spec.published)
    return f'<div class="wide">{page_html(page)}</div>'


def _selected(own: Table) -> str:
    """Of each row of the grid's table, its winner's settings and run ids, one for each seed."""
    lines = [
        f"{row.dataset} {row.model}: {settings_text(row.winner)}, by {row.winner.by.title} "
        f"{row.winner.value:.4f}, run {', '.join(run['run_id'] for run in row.winner.runs)}"
        for row in own.rows
        if row.winner
    ]
    if not lines:
        return "<p>None.</p>"
    return f'<ul class="notes">{"".join(f"<li>{escape(line)}</li>" for line in lines)}</ul>'


def _measures(population: Population) -> str:
    found = compare(population)
    pages = (winners_page(found), agreements_page(found))
    return "".join(f'<div class="wide">{page_html(page)}</div>' for page in pages)


def _figures(population: Population, kind: str) -> tuple[str, dict[str, bytes], list[str]]:
    """The figures that can be drawn, their pictures, and why others cannot be."""
    drawn, pictures, missing_figures = [], {}, []
    for name, recipe in FIGURES.items():
        if not recipe.needs_runs:
            continue
        try:
            numbers = recipe.compute(population)
        except SweeperError as error:
            missing_figures.append(f"Figure {name}: {error}")
            continue
        try:
            pictures[name] = as_bytes(draw_figure(name, numbers), kind)
        except Exception as error:  # of a drawing library: the tables are complete without it
            missing_figures.append(f"Figure {name} could not be drawn: {first_line(error)}")
            continue
        data = f"data:{_MEDIA[kind]};base64,{base64.b64encode(pictures[name]).decode()}"
        mark = f" ({numbers.mark})" if numbers.mark else ""
        title = f"Figure {name}: {recipe.title}{mark}."
        drawn.append(
            f'<figure><img alt="{escape(title)}" src="{data}">'
            f"<figcaption>{escape(title)} {escape(' '.join(numbers.notes))}</figcaption></figure>\n"
        )
    return "".join(drawn), pictures, missing_figures


def _gaps(tables: list[Table], missing_figures: list[str]) -> str:
    gaps = [
        *dict.fromkeys(problem for found in tables for problem in found.problems),
        *missing_figures,
    ]
    if not gaps:
        return "<p>Nothing.</p>"
    return f'<ul class="gaps">{"".join(f"<li>{escape(gap)}</li>" for gap in gaps)}</ul>'


def _environment(population: Population) -> str:
    rows = [row for row in population.rows if row["status"] != MISSING]

    def distinct(column: str) -> str:
        return ", ".join(sorted({row[column] for row in rows} - {""}))

    facts = {
        "reported by": f"sweeper {__version__}, Python {platform.python_version()}, "
        f"MLflow {importlib.metadata.version('mlflow')}",
        "store": population.study.place,
        "code of the runs": distinct("code_version") or "unknown",
        "datasets": distinct("fingerprint") or "unknown",
        "synthetic stand-ins": ", ".join(
            sorted({row["dataset"] for row in rows if row["synthetic"]})
        )
        or "none",
    }
    items = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items())
    return f"<dl>{items}</dl>"
