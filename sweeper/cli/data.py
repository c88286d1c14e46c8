"""Commands about datasets: list, check, prepare, render."""

import typer

app = typer.Typer(
    help="Datasets: what is at hand, checking and preparing published files.", no_args_is_help=True
)
