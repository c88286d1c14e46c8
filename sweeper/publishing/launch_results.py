"""What a launch attaches to its parent run when it ends: tables, figures, the report page.

Each figure is drawn once, as PNG, for its own file and for the page; SVG and the numbers behind it
come from `sweeper figure`. The grid's table is also the parent run's description."""

import hashlib
import json
import logging
from pathlib import Path
from tempfile import TemporaryDirectory

from sweeper.analysis.study import Study
from sweeper.errors import SweeperError
from sweeper.reports.grid_report import Report, make_report
from sweeper.reports.html_page import html_page
from sweeper.tables.render import render
from sweeper.tables.table import Table
from sweeper.tracking import layout
from sweeper.tracking.writing.writer import Writer
from sweeper.version import code_digest, package_folder

log = logging.getLogger(__name__)


def attach_results(writer: Writer, parent: str, grid: str, study: Study) -> None:
    """Attaches tables, figures and the report of a launched grid.

    Results that do not make a table (nothing finished yet) leave the parent without them: what is
    trained is safe, and the next launch tries again."""
    try:
        made = make_report(grid, study, "png", rehearsal=None, synthetic=None)
    except SweeperError as error:
        log.info("no report of %s: %s", grid, error)
        return
    except Exception:  # of a drawing library: it must not make a good sweep a failed one
        log.exception("the report of %s could not be made", grid)
        return
    with TemporaryDirectory() as folder:
        write_results(made, Path(folder))
        writer.attach_all(parent, Path(folder))
    note = launch_note(made.tables[0])
    writer.set_tags(parent, {layout.NOTE: note, layout.RESULTS: results_digest(study)})


def results_digest(study: Study) -> str:
    """Of everything that results are made from: the code, and what the store holds."""
    launches = sorted((launch.grid_id, launch.grid_text) for launch in study.launches)
    code = code_digest(map(package_folder, ("sweeper", "trainers")))
    text = json.dumps([code, launches, study.runs.to_json(orient="split", double_precision=15)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write_results(made: Report, folder: Path) -> list[Path]:
    """report.html, tables/NAME.md, .html, .csv and figures/figure_N.png; their paths."""
    contents = {layout.REPORT: made.html.encode()}
    for table in made.tables:
        stem = f"{layout.TABLES}/{_stem(table)}"
        page = html_page(table.spec.title, render(table, "html"))
        contents[f"{stem}.md"] = render(table, "md").encode()
        contents[f"{stem}.csv"] = render(table, "csv").encode()
        contents[f"{stem}.html"] = page.encode()
    for name, picture in made.pictures.items():
        contents[f"{layout.FIGURES}/figure_{name.replace('.', '_')}.png"] = picture
    paths = [folder / name for name in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return paths


def launch_note(table: Table) -> str:
    """The table in the Markdown of MLflow's UI, which renders <ins> and not <u>."""
    text = render(table, "md").replace("<u>", "<ins>").replace("</u>", "</ins>")
    return f"{text}\nFigures, tables and the report page are among the artifacts.\n"


def _stem(table: Table) -> str:
    spec = table.spec
    return f"table_{spec.name.replace('.', '_')}" if spec.all_thesis_rows else spec.grid
