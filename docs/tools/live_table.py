"""Launch a grid in the working folder, and draw its live table half-way as an SVG.

python docs/tools/live_table.py grids/quickstart.yaml docs/images/live_table.svg"""

import re
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from sweeper import launch
from sweeper.launching.progress import ProgressDisplay

WIDTH = 96
SHARE = 0.55  # of the steps, at which the picture is drawn


def main(grid: str, picture: str) -> None:
    show = ProgressDisplay.show

    def show_and_draw(display: ProgressDisplay, event: Any) -> None:
        show(display, event)
        progress = display._progress
        if not Path(picture).exists() and progress.steps_done > SHARE * progress.steps_asked:
            draw(display, f"sweeper launch {grid}", Path(picture))

    Path(picture).unlink(missing_ok=True)
    ProgressDisplay.show = show_and_draw  # type: ignore[method-assign]
    launch(grid, console=Console())


def draw(display: ProgressDisplay, title: str, picture: Path) -> None:
    console = Console(record=True, width=WIDTH, force_terminal=True, file=open("/dev/null", "w"))
    console.print(display._renderable())
    svg = console.export_svg(title=title)
    picture.write_text(re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
