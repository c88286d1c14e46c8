"""Commands that read MLflow: table, figure, select, compare, report, ui."""

from pathlib import Path

import typer

from sweeper.cli import common
from sweeper.errors import UsageError

OUT = typer.Option(None, "--out", help="Write to this file.")
FROM_GRID = typer.Option(None, "--grid", help="Take runs of this launched grid only.")


def register(app: typer.Typer) -> None:
    for command in (table, figure, select, compare, report, ui):
        app.command()(command)


def table(
    name: str = typer.Argument(..., help="A table of the thesis (7.1), or a launched grid's name."),
    format: str = typer.Option("terminal", "--format", help="terminal, md, csv, latex, html, json"),
    compare: bool = typer.Option(False, "--compare", help="Set the published number beside each."),
    strict: bool = typer.Option(False, "--strict", help="Exit 1 if anything is missing."),
    all_rows: bool = typer.Option(False, "--all-rows", help="Rows of the thesis without runs too."),
    grid: str = FROM_GRID,
    by: str = typer.Option(None, "--by", help="Select by another score."),
    report: str = typer.Option(None, "--report", help="validation or test"),
    runs: str = typer.Option(None, "--runs", help="The two runs of Table 5.2: A,B"),
    tracking_uri: str = common.TRACKING,
    out: Path = OUT,
    as_json: bool = common.JSON,
) -> None:
    """Print a table of the paper from what MLflow holds."""
    from sweeper.tables import table as make
    from sweeper.tables.render import render

    found = make(
        name,
        common.setting(tracking_uri=tracking_uri).tracking_uri,
        grid=grid,
        by=by,
        report=report,
        all_rows=all_rows or strict,
        runs=runs.split(",") if runs else None,
    )
    write(render(found, "json" if as_json else format, compare=compare), out)
    if strict and found.problems:
        for problem in found.problems:
            typer.echo(problem, err=True)
        raise typer.Exit(1)


def figure(
    name: str = typer.Argument(..., help="A figure of the thesis, for example 7.2."),
    out: Path = typer.Option(Path("figures"), "--out", help="Folder to write to."),
    grid: str = FROM_GRID,
    tracking_uri: str = common.TRACKING,
    as_json: bool = common.JSON,
) -> None:
    """Draw a figure of the paper: PNG, SVG, and the numbers behind it as CSV."""
    from sweeper.figures import figure as draw
    from sweeper.study import read_study

    study = read_study(common.setting(tracking_uri=tracking_uri).tracking_uri)
    files = draw(name, study.restricted(grid) if grid else study, out)
    if as_json:
        common.print_json({"files": [str(file) for file in files]})
    else:
        print("\n".join(str(file) for file in files))


def select(
    grid: str = typer.Argument(None, help="A launched grid's name, or its file. Default: all."),
    by: str = typer.Option("cbd", "--by", help="The score to select by."),
    dataset: str = typer.Option(None, "--dataset", help="This dataset only."),
    tag: bool = typer.Option(True, "--tag/--no-tag", help="Mark the winners in MLflow."),
    tracking_uri: str = common.TRACKING,
    as_json: bool = common.JSON,
) -> None:
    """Print the winner of each dataset and model with its settings, and mark it in MLflow."""
    from sweeper.selection import select as winners
    from sweeper.tables.render.terminal import page_terminal
    from sweeper.tracking.tagging import tag_selected
    from sweeper.winners import winners_page

    uri = common.setting(tracking_uri=tracking_uri).tracking_uri
    found = winners(uri, by=by, dataset=dataset, grid=common.grid_name(grid))
    rows = found.to_dict("records")
    if as_json:
        common.print_json(rows)
    else:
        print(page_terminal(winners_page(found, by)), end="")
    if not rows:
        typer.echo("no finished run has this score", err=True)
        raise typer.Exit(1)
    if tag:
        tag_selected([run for row in rows for run in row["run_ids"].split(",")], by, uri)


def compare(
    grid: str = typer.Argument(None, help="A launched grid's name, or its file. Default: all."),
    by: str = typer.Option("cbd,mig,factor_vae", "--by", help="Measures, separated by commas."),
    dataset: str = typer.Option(None, "--dataset", help="This dataset only."),
    tracking_uri: str = common.TRACKING,
    as_json: bool = common.JSON,
) -> None:
    """Show how the winner changes with the measure, and how far measures agree on runs."""
    from sweeper.comparison import agreements_page, comparison_json, winners_page
    from sweeper.comparison import compare as make
    from sweeper.tables.render.terminal import page_terminal

    uri = common.setting(tracking_uri=tracking_uri).tracking_uri
    names = [name.strip() for name in by.split(",") if name.strip()]
    found = make(uri, by=names, dataset=dataset, grid=common.grid_name(grid))
    if as_json:
        common.print_json(comparison_json(found))
        return
    print(page_terminal(winners_page(found)))
    print(page_terminal(agreements_page(found)), end="")


def report(
    grid: str = typer.Argument(..., help="A launched grid's name, or its file."),
    out: Path = typer.Option(None, "--out", help="The page. Default: GRID.html here."),
    tracking_uri: str = common.TRACKING,
) -> None:
    """Write one self-contained HTML page about a launched grid."""
    from sweeper.report import report as make

    name = common.grid_name(grid) or grid
    page = make(name, common.setting(tracking_uri=tracking_uri).tracking_uri)
    write(page, out or Path(f"{name}.html"))


def ui(
    port: int = typer.Option(5000, "--port", min=1, max=65535),
    tracking_uri: str = common.TRACKING,
) -> None:
    """Open the MLflow UI of this folder's store on 127.0.0.1."""
    from sweeper.tracking.ui import serve

    raise typer.Exit(serve(common.setting(tracking_uri=tracking_uri).tracking_uri, port))


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
