"""Commands for files of one's own: measure."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sweeper.cli import options
from sweeper.cli.start.completion import measure_names
from sweeper.errors import UsageError
from trainers.specs.measures import MEASURES

if TYPE_CHECKING:
    from sweeper.analysis.measure_file import Measured


def register(app: typer.Typer) -> None:
    app.command()(measure)


def measure(
    file: Path = typer.Argument(
        ..., help="A .npz, .h5 or .parquet file with `latents` (N, L) and `factors` (N, K)."
    ),
    protocol: str = typer.Option("thesis", "--protocol", help="thesis or locatello"),
    measures: str = typer.Option(
        None, "--measures", help="Names, separated by commas.", autocompletion=measure_names
    ),
    seed: int = typer.Option(0, "--seed", help="Of the measures that sample."),
    alpha: float = typer.Option(0.5, "--alpha", help="Weight of compactness in CbD."),
    plot: Path = typer.Option(None, "--plot", help="Write the PCC heat map to this PNG."),
    use: list[str] = options.USE,
    as_json: bool = options.JSON,
) -> None:
    """Score a representation by every measure, or by those named.

    Example: sweeper measure latents.npz --measures cbd,mig"""
    from sweeper.analysis.measure_file import measure_file

    names = [name.strip() for name in measures.split(",") if name.strip()] if measures else None
    if measures is not None and not names:
        raise UsageError("--measures names no measure")
    found = measure_file(file, names, protocol=protocol, seed=seed, alpha=alpha)
    for note in found.notes:
        typer.echo(f"{file}: {note}.", err=True)
    if as_json:
        options.print_json(found.scores)
    else:
        print_scores(found)
    if plot is not None:
        write_pcc(found, plot)
        typer.echo(str(plot), err=as_json)


def print_scores(found: "Measured") -> None:
    """One row for each measure: its score and range."""
    from rich.console import Console
    from rich.table import Table

    num_points, num_latents = found.latents_NL.shape
    title = (
        f"{found.file.name}: {num_points:,} points, {num_latents} latents, "
        f"{found.factors_NK.shape[1]} factors, protocol {found.protocol}"
    )
    table = Table("measure", "score", "range", box=None, pad_edge=False)
    for name, value in found.scores.items():
        table.add_row(name, f"{value:.4f}", MEASURES[name].range)
    console = Console()
    console.print(title, highlight=False)
    console.print(table)


def write_pcc(found: "Measured", path: Path) -> None:
    """The PCC matrix as a heat map. Raises UsageError where it cannot be written."""
    from sweeper.plotting.pcc_picture import pcc_png
    from trainers.measures import pcc_matrix

    pcc_LK = pcc_matrix(found.latents_NL, found.factors_NK)
    rows = tuple(f"z{latent}" for latent in range(pcc_LK.shape[0]))
    columns = tuple(f"y{factor}" for factor in range(pcc_LK.shape[1]))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pcc_png(pcc_LK, columns, rows))
    except OSError as error:
        raise UsageError(f"--plot {path}: cannot be written ({error.strerror})") from error
