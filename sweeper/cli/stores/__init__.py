"""Commands for whole stores: merge, pack, unpack, clean."""

import typer

from sweeper.cli.stores import sharing
from sweeper.cli.stores.clean import clean


def register(app: typer.Typer) -> None:
    sharing.register(app)
    app.command()(clean)
