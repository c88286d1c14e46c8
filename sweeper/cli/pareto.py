"""The command that reads the results of a search: pareto."""

from pathlib import Path

import typer

from sweeper.cli import options
from sweeper.cli.start.completion import grid_files
from sweeper.errors import UsageError


def register(app: typer.Typer) -> None:
    app.command()(pareto)


def pareto(
    grid: str = typer.Argument(
        ...,
        help="A launched grid's name, or its file.",
        metavar="GRID",
        autocompletion=grid_files,
    ),
    by: str = typer.Option(
        None,
        "--by",
        help="Scores and directions, as cbd:max,valid/recon:min. Default: what was searched for.",
    ),
    format: str = typer.Option("terminal", "--format", help="terminal, md, csv, latex, html"),
    out: Path = typer.Option(None, "--out", help="Folder for the figure: PNG, SVG and CSV."),
    rehearsal: bool = options.REHEARSAL,
    synthetic: bool = options.STAND_INS,
    tracking_uri: str = options.TRACKING,
    use: list[str] = options.USE,
    as_json: bool = options.JSON,
) -> None:
    """Show the Pareto front of a grid: the runs that no other run beats in every metric.

    Example: sweeper pareto grids/search_pareto.yaml"""
    from sweeper.analysis.pareto import front, front_json
    from sweeper.figures.pareto_front import save_front
    from sweeper.messages import unknown
    from sweeper.planning.population import find_population
    from sweeper.plotting.files import as_csv
    from sweeper.tables.pages.front import front_page
    from sweeper.tables.render import PAGES

    if format not in PAGES and format != "csv":
        raise UsageError(f"--format {format!r} {unknown(format, [*PAGES, 'csv'])}")
    uri = options.setting(tracking_uri=tracking_uri).tracking_uri
    population = find_population(uri, grid, rehearsal=rehearsal, synthetic=synthetic)
    found = front(None, _directions(by) if by else None, population)
    if as_json:
        options.print_json(front_json(found))
    else:
        text = as_csv(*found.rows()) if format == "csv" else PAGES[format](front_page(found))
        print(text, end="")
    if out is not None:
        for path in save_front(found, out):
            typer.echo(path, err=as_json)


def _directions(text: str) -> dict[str, str]:
    """'cbd:max,valid/recon:min' as a mapping; losses are minimised by default."""
    from sweeper.analysis.scores import score

    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, direction = part.partition(":")
        direction = direction or ("min" if score(name).lower_is_better else "max")
        if direction not in ("max", "min"):
            raise UsageError(f"--by {part}: max or min is needed after the colon")
        found[name] = direction
    return found
