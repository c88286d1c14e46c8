"""Commands for a first hour: what to do next, init, grids; and shell completion."""

import typer

from sweeper.cli.start.init import init
from sweeper.cli.start.shipped import grids


def register(app: typer.Typer) -> None:
    for command in (init, grids):
        app.command()(command)
