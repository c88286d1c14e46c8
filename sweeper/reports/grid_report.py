"""One self-contained HTML page about a launched grid: tables, figures, grid, environment, gaps.

No script, no request to anywhere: pictures are data URIs, and every text is escaped."""

import base64
import importlib.metadata
import platform
from dataclasses import dataclass
from html import escape

from sweeper.analysis.comparison import compare
from sweeper.analysis.pool import newest_launches
from sweeper.analysis.study import Study, read_study
from sweeper.errors import ResultsError, SweeperError
from sweeper.figures import FIGURES
from sweeper.plotting.files import as_bytes
from sweeper.reports.html_page import _section, html_page
from sweeper.tables import TABLES, table
from sweeper.tables.pages.comparison import agreements_page, winners_page
from sweeper.tables.pages.table_page import table_page
from sweeper.tables.render.html import page_html
from sweeper.tables.table import Table
from sweeper.version import __version__

_MEDIA = {"svg": "image/svg+xml", "png": "image/png"}


@dataclass(frozen=True)
class Report:
    """A page, and what it is made of.  pictures: {figure: bytes of the kind asked for}."""

    html: str
    tables: tuple[Table, ...]
    pictures: dict[str, bytes]


def report(grid: str, source: Study | str | None = None) -> str:
    """The page, as text. The same store gives the same bytes.

    Raises ResultsError for a grid never launched, TrackingError for a store that cannot be read."""
    return make_report(grid, source).html


def make_report(grid: str, source: Study | str | None = None, kind: str = "svg") -> Report:
    """The page with its tables and pictures; kind: 'svg', or 'png', which is quicker to load."""
    study = source if isinstance(source, Study) else read_study(source)
    own = study.for_grid(grid)
    launch = newest_launches(own.launches)[grid]
    tables = _tables(own, grid)
    figures, pictures, missing_figures = _figures(own, kind)
    parts = [
        f"<p>{_summary(own, grid)}</p>",
        _section("What is missing", _gaps(tables, missing_figures)),
        _section("Tables", "".join(_table(found) for found in tables)),
        _section("Measures", _measures(own)),
        _section("Figures", figures or "<p>None of the figures has its runs here.</p>"),
        _section("Grid", f"<pre>{escape(launch.grid_text)}</pre>"),
        _section("Environment", _environment(own)),
    ]
    return Report(html_page(f"sweeper: {grid}", "".join(parts), grid), tuple(tables), pictures)


def _summary(study: Study, grid: str) -> str:
    asked = len({cell["run_id"] for launch in study.launches for cell in launch.cells})
    counts = study.runs.status.value_counts()
    told = ", ".join(f"{counts[name]} {name}" for name in sorted(counts.index))
    return escape(f"{asked} runs asked for: {told or 'none ended'}.")


def _tables(study: Study, grid: str) -> list[Table]:
    """The grid's own table, then those of the thesis of which its runs fill every row."""
    own = table(grid, study)
    found = [own]
    for name in TABLES:
        try:
            other = table(name, study)
        except ResultsError:
            continue
        if not other.absent and name != own.spec.name:
            found.append(other)
    return found


def _table(found: Table) -> str:
    page = table_page(found, compare=found.spec.published)
    return f'<div class="wide">{page_html(page)}</div>'


def _measures(study: Study) -> str:
    found = compare(study)
    pages = (winners_page(found), agreements_page(found))
    return "".join(f'<div class="wide">{page_html(page)}</div>' for page in pages)


def _figures(study: Study, kind: str) -> tuple[str, dict[str, bytes], list[str]]:
    """The figures that can be drawn, their pictures, and why others cannot be."""
    drawn, pictures, missing_figures = [], {}, []
    for name, recipe in FIGURES.items():
        if not recipe.needs_runs:
            continue
        try:
            numbers = recipe.compute(study)
        except SweeperError as error:
            missing_figures.append(f"Figure {name}: {error}")
            continue
        pictures[name] = as_bytes(recipe.draw(numbers), kind)
        data = f"data:{_MEDIA[kind]};base64,{base64.b64encode(pictures[name]).decode()}"
        title = f"Figure {name}: {recipe.title}."
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


def _environment(study: Study) -> str:
    runs = study.runs
    rows = {
        "reported by": f"sweeper {__version__}, Python {platform.python_version()}, "
        f"MLflow {importlib.metadata.version('mlflow')}",
        "store": study.place,
        "code of the runs": ", ".join(sorted(set(runs.code_version) - {""})) or "unknown",
        "datasets": ", ".join(sorted(set(runs.fingerprint) - {""})) or "unknown",
        "synthetic stand-ins": ", ".join(sorted(set(runs[runs.synthetic].dataset))) or "none",
    }
    items = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in rows.items())
    return f"<dl>{items}</dl>"
