"""Commands for code of one's own: check, plugins."""

import typer

from sweeper.cli.own_code.check import check
from sweeper.cli.own_code.plugins import plugins


def register(app: typer.Typer) -> None:
    for command in (plugins, check):
        app.command()(command)
