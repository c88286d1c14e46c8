"""The command line: thin commands over the library, one group per file."""

from sweeper.cli.app import main

__all__ = ["main"]
