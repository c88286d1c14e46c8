"""Commands for files of one's own: measure."""

from pathlib import Path

import typer

from sweeper.cli import common
from sweeper.errors import UsageError


def register(app: typer.Typer) -> None:
    app.command()(measure)


def measure(
    file: Path = typer.Argument(
        ..., help="A .npz, .h5 or .parquet file with `latents` (N, L) and `factors` (N, K)."
    ),
    protocol: str = typer.Option("thesis", "--protocol", help="thesis or locatello"),
    measures: str = typer.Option(None, "--measures", help="Names, separated by commas."),
    seed: int = typer.Option(0, "--seed", help="Of the measures that sample."),
    alpha: float = typer.Option(0.5, "--alpha", help="Weight of compactness in CbD."),
    plot: Path = typer.Option(None, "--plot", help="Write the PCC heat map to this PNG."),
    as_json: bool = common.JSON,
) -> None:
    """Score a representation by every measure, or by those named."""
    from sweeper.measuring import measure_file, print_scores, write_pcc

    names = [name.strip() for name in measures.split(",") if name.strip()] if measures else None
    if measures is not None and not names:
        raise UsageError("--measures names no measure")
    found = measure_file(file, names, protocol=protocol, seed=seed, alpha=alpha)
    if as_json:
        common.print_json(found.scores)
    else:
        print_scores(found)
    if plot is not None:
        write_pcc(found, plot)
        typer.echo(str(plot), err=as_json)
