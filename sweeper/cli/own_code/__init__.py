"""Commands for code of one's own: plugins."""

import typer

from sweeper.cli.own_code.plugins import plugins


def register(app: typer.Typer) -> None:
    for command in (plugins,):
        app.command()(command)
