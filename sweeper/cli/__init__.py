"""The command line: thin commands over the library, one group a file."""

from sweeper.cli.app import main

__all__ = ["main"]
