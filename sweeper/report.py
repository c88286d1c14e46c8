"""One self-contained HTML page about a launched grid: tables, figures, grid, environment, gaps.

No script, no request to anywhere: pictures are data URIs, and every text is escaped."""

import base64
import importlib.metadata
import platform
from dataclasses import dataclass
from html import escape

import sweeper
from sweeper.comparison import agreements_page, compare, winners_page
from sweeper.errors import ResultsError, SweeperError
from sweeper.figures import FIGURES
from sweeper.figures.style import as_bytes
from sweeper.pool import newest_launches
from sweeper.study import Study, read_study
from sweeper.tables import TABLES, table
from sweeper.tables.printed import printed
from sweeper.tables.render.html import page_html
from sweeper.tables.table import Table

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 80rem; margin: 2rem auto; padding: 0 1rem;
  color: #1a1a1a; background: #fff; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc; }
table.sweeper { border-collapse: collapse; margin: 1rem 0 .5rem;
  font-variant-numeric: tabular-nums; }
table.sweeper caption { text-align: left; font-weight: 600; padding-bottom: .4rem; }
table.sweeper th, table.sweeper td { padding: .2rem .7rem; text-align: right;
  white-space: nowrap; }
table.sweeper tbody th, table.sweeper .text { text-align: left; }
table.sweeper th { font-weight: 500; }
table.sweeper tbody th[scope=rowgroup] { vertical-align: top; }
table.sweeper thead th { border-bottom: 2px solid #444; }
table.sweeper tbody { border-bottom: 1px solid #bbb; }
ul.notes { color: #444; font-size: .9em; padding-left: 1.2rem; }
figure { margin: 1.5rem 0; } figure img { max-width: 100%; } figcaption { font-size: .9em; }
pre { background: #f5f5f5; padding: 1rem; overflow-x: auto; }
.gaps { background: #fff4e0; border-left: 4px solid #d55e00; padding: .5rem 1rem; }
.wide { overflow-x: auto; }
"""


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
    own = study.restricted(grid)
    launch = newest_launches(own.launches)[grid]
    tables = _tables(own, grid)
    figures, pictures, undrawn = _figures(own, kind)
    parts = [
        f"<p>{_summary(own, grid)}</p>",
        _section("What is missing", _gaps(tables, undrawn)),
        _section("Tables", "".join(_table(found) for found in tables)),
        _section("Measures", _measures(own)),
        _section("Figures", figures or "<p>None of the figures has its runs here.</p>"),
        _section("Grid", f"<pre>{escape(launch.grid_text)}</pre>"),
        _section("Environment", _environment(own)),
    ]
    return Report(html_page(f"sweeper: {grid}", "".join(parts), grid), tuple(tables), pictures)


def html_page(title: str, body: str, heading: str = "") -> str:
    """A whole page in the report's style around a body that is escaped already."""
    head = f"<h1>{escape(heading)}</h1>\n" if heading else ""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body>{head}{body}</body></html>\n"
    )


def _section(title: str, content: str) -> str:
    return f"<h2>{escape(title)}</h2>\n{content}\n"


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
    page = printed(found, compare=found.spec.published)
    return f'<div class="wide">{page_html(page)}</div>'


def _measures(study: Study) -> str:
    found = compare(study)
    pages = (winners_page(found), agreements_page(found))
    return "".join(f'<div class="wide">{page_html(page)}</div>' for page in pages)


def _figures(study: Study, kind: str) -> tuple[str, dict[str, bytes], list[str]]:
    """The figures that can be drawn, their pictures, and why others cannot be."""
    drawn, pictures, undrawn = [], {}, []
    for name, recipe in FIGURES.items():
        if not recipe.needs_runs:
            continue
        try:
            numbers = recipe.compute(study)
        except SweeperError as error:
            undrawn.append(f"Figure {name}: {error}")
            continue
        pictures[name] = as_bytes(recipe.draw(numbers), kind)
        data = f"data:{_MEDIA[kind]};base64,{base64.b64encode(pictures[name]).decode()}"
        title = f"Figure {name}: {recipe.title}."
        drawn.append(
            f'<figure><img alt="{escape(title)}" src="{data}">'
            f"<figcaption>{escape(title)} {escape(' '.join(numbers.notes))}</figcaption></figure>\n"
        )
    return "".join(drawn), pictures, undrawn


def _gaps(tables: list[Table], undrawn: list[str]) -> str:
    gaps = [*dict.fromkeys(problem for found in tables for problem in found.problems), *undrawn]
    if not gaps:
        return "<p>Nothing.</p>"
    return f'<ul class="gaps">{"".join(f"<li>{escape(gap)}</li>" for gap in gaps)}</ul>'


def _environment(study: Study) -> str:
    runs = study.runs
    rows = {
        "reported by": f"sweeper {sweeper.__version__}, Python {platform.python_version()}, "
        f"MLflow {importlib.metadata.version('mlflow')}",
        "store": study.place,
        "code of the runs": ", ".join(sorted(set(runs.code_version) - {""})) or "unknown",
        "datasets": ", ".join(sorted(set(runs.fingerprint) - {""})) or "unknown",
        "synthetic stand-ins": ", ".join(sorted(set(runs[runs.synthetic].dataset))) or "none",
    }
    items = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in rows.items())
    return f"<dl>{items}</dl>"
