"""What `launch` and `confirm` share: plain lines on a console, the typed command, the exit."""

import os
import sys
from collections.abc import Callable, Iterable
from typing import NoReturn

import typer
from rich.console import Console

from sweeper.messages import mask_credentials


def line_printer(console: Console) -> Callable[[Iterable[str]], None]:
    """Prints lines as they are: no markup, no colours, no line breaks."""

    def show(lines: Iterable[str]) -> None:
        for line in lines:
            console.print(line, markup=False, highlight=False, soft_wrap=True)

    return show


def typed_command() -> str:
    """The command line of this process, without credentials."""
    return mask_credentials(" ".join(["sweeper", *sys.argv[1:]]))


def end_process(code: int) -> NoReturn:
    """Exits; without Python's clean-up where Ray was abandoned, since that would call Ray."""
    from sweeper.engine.on_ray.session import is_ray_abandoned

    if is_ray_abandoned():
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)
    raise typer.Exit(code)
