"""Commands that read MLflow: table, figure, compare, report, ui."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from sweeper.cli import options
from sweeper.cli.start.completion import figure_names, table_names
from sweeper.errors import UsageError

if TYPE_CHECKING:
    from sweeper.analysis.population import Population
    from sweeper.tables.pages.page import Page

T = TypeVar("T")
OUT = typer.Option(None, "--out", help="Write to this file.")
FROM_GRID = typer.Option(
    None, "--grid", help="Take the runs of this launched grid, or of this grid file."
)


def register(app: typer.Typer) -> None:
    for command in (table, figure, compare, report, ui):
        app.command()(command)


def table(
    name: str = typer.Argument(
        ...,
        help="A table of the thesis (7.1), a launched grid's name, or a grid file.",
        autocompletion=table_names,
    ),
    format: str = typer.Option("terminal", "--format", help="terminal, md, csv, latex, html, json"),
    compare: bool = typer.Option(False, "--compare", help="Show the published numbers too."),
    strict: bool = typer.Option(False, "--strict", help="Exit 1 if anything is missing."),
    all_rows: bool = typer.Option(
        False, "--all-rows", help="Also rows of the thesis that the grid does not ask for."
    ),
    all_seeds: bool = typer.Option(
        False, "--all-seeds", help="Print scores of the seeds that chose, not of held-out seeds."
    ),
    grid: str = FROM_GRID,
    by: str = typer.Option(None, "--by", help="Select by another score."),
    report: str = typer.Option(None, "--report", help="validation or test"),
    runs: str = typer.Option(None, "--runs", help="The two runs of Table 5.2: A,B"),
    rehearsal: bool = options.REHEARSAL,
    synthetic: bool = options.STAND_INS,
    tracking_uri: str = options.TRACKING,
    out: Path = OUT,
    use: list[str] = options.USE,
    as_json: bool = options.JSON,
) -> None:
    """Print a table of the thesis or of a grid, from the runs in MLflow.

    Example: sweeper table 7.1 --compare"""
    from sweeper.tables import table as make
    from sweeper.tables.pages.table_page import table_page
    from sweeper.tables.render import render

    found = make(
        name,
        options.setting(tracking_uri=tracking_uri).tracking_uri,
        grid=grid,
        by=by,
        report=report,
        all_rows=all_rows or strict,
        all_seeds=all_seeds,
        runs=runs.split(",") if runs else None,
        rehearsal=rehearsal,
        synthetic=synthetic,
    )
    if format == "terminal" and not as_json and out is None:
        print_page(table_page(found, compare=compare))
    else:
        write(render(found, "json" if as_json else format, compare=compare), out)
    if strict and found.problems:
        for problem in found.problems:
            typer.echo(problem, err=True)
        raise typer.Exit(1)


def figure(
    name: str = typer.Argument(
        ..., help="A figure of the thesis, as 7.2; or best_of_n.", autocompletion=figure_names
    ),
    out: Path = typer.Option(Path("figures"), "--out", help="Folder to write to."),
    grid: str = FROM_GRID,
    run: str = typer.Option(None, "--run", help="6.2: the run whose latents are altered."),
    dims: str = typer.Option(None, "--dims", help="6.2: latents, as 0,3; default: informative."),
    ranges: list[str] = typer.Option(
        ["-3,3"], "--range", help="6.2: from,to for all latents; or given once for each."
    ),
    steps: int = typer.Option(9, "--steps", min=2, max=99, help="6.2: pictures in a row."),
    point: int = typer.Option(None, "--point", help="6.2: the evaluation point to start from."),
    rehearsal: bool = options.REHEARSAL,
    synthetic: bool = options.STAND_INS,
    store: str = options.STORE,
    tracking_uri: str = options.TRACKING,
    use: list[str] = options.USE,
    as_json: bool = options.JSON,
) -> None:
    """Draw a figure of the thesis: PNG, SVG, and its numbers as CSV. 6.2 decodes altered latents
    of a run whose weights are kept.

    Example: sweeper figure 6.1 --grid grids/quickstart.yaml"""
    from sweeper.figures import figure as draw

    where = options.setting(tracking_uri=tracking_uri, store=store)
    own = {"--run": run, "--dims": dims, "--point": point}
    notes: list[str] = []
    if is_traversal(name):
        from sweeper.analysis.study import read_study
        from sweeper.weights.traversal import compute_traversal, write_traversal

        study = read_study(where.tracking_uri)
        if run is None:
            raise UsageError(
                "figure 6.2 is of one run: name it with --run (sweeper select has ids)"
            )
        found = compute_traversal(
            study,
            run,
            where.store,
            dims=None if dims is None else numbers(dims, int, "--dims", "0,3"),
            ranges=[pair(text) for text in ranges],
            steps=steps,
            point=point,
        )
        files = write_traversal(found, out)
    elif any(value is not None for value in own.values()):
        given = ", ".join(option for option, value in own.items() if value is not None)
        raise UsageError(f"{given}: for figure 6.2 only")
    else:
        uri = where.tracking_uri
        files = draw(
            name,
            uri,
            out,
            grid=grid,
            rehearsal=rehearsal,
            synthetic=synthetic,
            on_note=notes.append,
        )
    if as_json:
        options.print_json({"files": [str(file) for file in files], "notes": notes})
    else:
        print("\n".join(str(file) for file in files))
        for note in notes:
            typer.echo(note, err=True)


def is_traversal(name: str) -> bool:
    return name.removeprefix("figure").replace("_", ".").strip() == "6.2"


def pair(text: str) -> tuple[float, float]:
    """'-3,3' as two numbers. Raises UsageError."""
    found = numbers(text, float, "--range", "-3,3")
    if len(found) != 2:
        raise UsageError(f"--range {text!r}: two numbers, as -3,3")
    return found[0], found[1]


def numbers(text: str, kind: Callable[[str], T], option: str, example: str) -> list[T]:
    """A comma separated list. Raises UsageError."""
    try:
        return [kind(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(f"{option} {text!r}: numbers, as {example}") from None


def compare(
    grid: str = typer.Argument(None, help="A launched grid's name, or a grid file."),
    by: str = typer.Option("cbd,mig,factor_vae", "--by", help="Measures, separated by commas."),
    dataset: str = typer.Option(None, "--dataset", help="This dataset only."),
    out: Path = typer.Option(None, "--out", help="Draw profiles and tuning curves to this folder."),
    rehearsal: bool = options.REHEARSAL,
    synthetic: bool = options.STAND_INS,
    tracking_uri: str = options.TRACKING,
    use: list[str] = options.USE,
    as_json: bool = options.JSON,
) -> None:
    """Compare models over all datasets and at equal budgets, by the score that the grid selects by;
    show how the winner changes with the measure, and how far measures agree on runs.

    Example: sweeper compare grids/quickstart.yaml --by cbd,mig"""
    from sweeper.analysis.comparison import compare as make
    from sweeper.analysis.comparison import comparison_json
    from sweeper.analysis.models.pooled import pool_models, pooled_json
    from sweeper.analysis.models.tuning import tune_models, tuned_json
    from sweeper.planning.population import find_population
    from sweeper.tables.pages.comparison import agreements_page, winners_page
    from sweeper.tables.pages.models import pooled_page, tuned_page

    uri = options.setting(tracking_uri=tracking_uri).tracking_uri
    names = [name.strip() for name in by.split(",") if name.strip()]
    population = find_population(uri, grid, rehearsal=rehearsal, synthetic=synthetic)
    found = make(population, by=names, dataset=dataset)
    pooled = computed_or_none(pool_models, population)
    tuned = computed_or_none(tune_models, population)
    if out is not None:
        draw_models(population, out, [("profiles", pooled), ("tuning", tuned)], as_json)
    if as_json:
        models = pooled_json(pooled) if pooled else None
        budgets = tuned_json(tuned) if tuned else None
        options.print_json({**comparison_json(found), "models": models, "equal_budgets": budgets})
        return
    pages = [pooled_page(pooled)] if pooled else []
    for page in [*pages, *([tuned_page(tuned)] if tuned else []), winners_page(found)]:
        print_page(page)
        print()
    print_page(agreements_page(found))


def computed_or_none(compute: "Callable[[Population], T]", population: "Population") -> T | None:
    """None, and a line that says why, where the population does not allow it."""
    from sweeper.errors import SweeperError

    try:
        return compute(population)
    except SweeperError as error:
        typer.echo(error, err=True)
        return None


def draw_models(
    population: "Population", out: Path, computed: list[tuple[str, object]], as_json: bool
) -> None:
    """The figures of what could be computed."""
    from sweeper.figures import figure as draw

    for name, numbers in computed:
        for file in draw(name, population, out) if numbers else []:
            typer.echo(file, err=as_json)


def report(
    grid: str = typer.Argument(..., help="A launched grid's name, or a grid file."),
    out: Path = typer.Option(None, "--out", help="The page. Default: GRID.html here."),
    rehearsal: bool = options.REHEARSAL,
    synthetic: bool = options.STAND_INS,
    tracking_uri: str = options.TRACKING,
    use: list[str] = options.USE,
) -> None:
    """Write one self-contained HTML page about a launched grid.

    Example: sweeper report grids/quickstart.yaml --out page.html"""
    from sweeper.reports.grid_report import report as make

    uri = options.setting(tracking_uri=tracking_uri).tracking_uri
    page = make(grid, uri, rehearsal=rehearsal, synthetic=synthetic)
    write(page, out or Path(f"{Path(grid).stem}.html"))


def ui(
    port: int = typer.Option(5000, "--port", min=1, max=65535, help="Port of the server."),
    tracking_uri: str = options.TRACKING,
) -> None:
    """Open the MLflow UI of this folder's store on 127.0.0.1.

    Example: sweeper ui --port 5001"""
    from sweeper.cli.mlflow_ui import serve

    raise typer.Exit(serve(options.setting(tracking_uri=tracking_uri).tracking_uri, port))


def print_page(page: "Page") -> None:
    """Bold and underlined on a terminal, as wide as that is; plain text anywhere else."""
    from rich.console import Console

    from sweeper.tables.render import terminal

    if sys.stdout.isatty():
        terminal.print_page(page, Console())
    else:
        print(terminal.page_terminal(page), end="")


def write(text: str, out: Path | None) -> None:
    """To the file, or to standard output."""
    if out is None:
        print(text, end="" if text.endswith("\n") else "\n")
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be written ({error.strerror})") from error
    print(out)
