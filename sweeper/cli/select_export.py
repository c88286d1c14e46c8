"""Commands for chosen runs: select, export."""

from pathlib import Path

import typer

from sweeper.cli import options
from sweeper.cli.results import print_page


def register(app: typer.Typer) -> None:
    for command in (select, export):
        app.command()(command)


def select(
    grid: str = typer.Argument(None, help="A launched grid's name, or a grid file."),
    by: str = typer.Option(None, "--by", help="Another score than the grid selects by."),
    dataset: str = typer.Option(None, "--dataset", help="This dataset only."),
    rehearsal: bool = options.REHEARSAL,
    synthetic: bool = options.STAND_INS,
    tag: bool = typer.Option(True, "--tag/--no-tag", help="Mark the winners in MLflow."),
    register: bool = typer.Option(
        True, "--register/--no-register", help="Keep their weights; register them as models."
    ),
    strict: bool = typer.Option(False, "--strict", help="Exit 1 if weights are missing."),
    tracking_uri: str = options.TRACKING,
    store: str = options.STORE,
    use: list[str] = options.USE,
    as_json: bool = options.JSON,
) -> None:
    """Print the winner of each dataset and model with its settings, mark it in MLflow, keep its
    weights there and register its encoder as a model.

    Example: sweeper select grids/quickstart.yaml --by mig"""
    from sweeper.analysis.selected import select as winners
    from sweeper.planning.population import find_population
    from sweeper.tables.pages.selection import winners_page
    from sweeper.tracking.writing.selection_tags import tag_selected
    from sweeper.weights.registry import RegisteredModels, kept_json, register_selected

    where = options.setting(tracking_uri=tracking_uri, store=store)
    population = find_population(where.tracking_uri, grid, rehearsal=rehearsal, synthetic=synthetic)
    population = population.scored_by(by)
    study, name = population.study, population.grid if grid else None
    found = winners(population, by=by, dataset=dataset)
    rows = found.to_dict("records")
    by = population.rule.with_score(by, population.columns).by.name
    if not as_json:
        print_page(winners_page(found, by, population.notes))
    if tag and rows:
        tag_selected([run for row in rows for run in row["run_ids"].split(",")], by, study.uri)
    kept = RegisteredModels({}, ())
    if register and rows:
        kept = register_selected(study, rows, grid=name, store=where.store)
    if as_json:
        options.print_json(kept_json(rows, kept, name))
    else:
        for model, version in kept.models.items():
            print(f"registered {model}, version {version}")
    for line in kept.missing:
        typer.echo(line, err=True)
    if not rows:
        typer.echo("no finished run has this score", err=True)
    if not rows or (strict and kept.missing):
        raise typer.Exit(1)


def export(
    run: str = typer.Argument(..., help="A run's id, its MLflow id, or the start of either."),
    out: Path = typer.Option(..., "--out", help="An empty or new folder, or an earlier export."),
    tracking_uri: str = options.TRACKING,
    store: str = options.STORE,
    use: list[str] = options.USE,
    as_json: bool = options.JSON,
) -> None:
    """Write a run's latents, weights and configuration to a folder that loads without sweeper.

    Example: sweeper export 3f1c9a2b --out best"""
    from sweeper.analysis.study import read_study
    from sweeper.weights.export import export as write

    where = options.setting(tracking_uri=tracking_uri, store=store)
    found = write(read_study(where.tracking_uri), run, out, where.store)
    if as_json:
        files = [str(file) for file in found.files]
        options.print_json({"files": files, "missing": list(found.missing)})
    else:
        print("\n".join(str(file) for file in found.files))
    for line in found.missing:
        typer.echo(line, err=True)
    raise typer.Exit(1 if found.missing else 0)
