"""`sweeper` alone: what is in this folder, and what to do next."""

from pathlib import Path

from sweeper.cli.start.found_files import local_grids
from sweeper.version import __version__

_MAX_GRIDS = 8


def next_steps(folder: Path) -> list[str]:
    """The lines to print. Reads names of files only, and which process holds the store."""
    grids = local_grids(folder)
    launched = (folder / "mlflow.db").is_file()
    lines = [f"sweeper {__version__}, in {folder}", ""]
    if not grids:
        lines += _without_grid(launched)
    else:
        names = [str(path.relative_to(folder)) for path in grids]
        more = f" and {len(names) - _MAX_GRIDS} more" if len(names) > _MAX_GRIDS else ""
        lines += [f"Grids here: {', '.join(names[:_MAX_GRIDS])}{more}", ""]
        lines += _with_results(folder, names[0]) if launched else _with_grid(names[0])
    return [*lines, "", "All commands: sweeper --help"]


def _without_grid(launched: bool) -> list[str]:
    found = [
        "No grid was found in this folder. Write one, or copy one:",
        *_commands(
            ("sweeper init", "asks three questions and writes a grid"),
            ("sweeper grids", "lists the grids that come with sweeper"),
            ("sweeper grids quickstart.yaml", "copies a small one, which trains in minutes"),
        ),
    ]
    if launched:
        found += ["", "Results of earlier launches are in mlflow.db:"]
        found += _commands(("sweeper ui", "shows them"))
    return found


def _with_grid(grid: str) -> list[str]:
    return [
        "Nothing was launched here yet. Next:",
        *_commands(
            (f"sweeper plan {grid}", "what it asks for, and how long that takes"),
            (f"sweeper doctor {grid}", "whether this machine has what it needs"),
            (f"sweeper launch {grid}", "trains"),
        ),
    ]


def _with_results(folder: Path, grid: str) -> list[str]:
    from sweeper.store.address import DEFAULT_STORE
    from sweeper.store.launch_lock import local_holder_pid

    running = local_holder_pid(str(folder / DEFAULT_STORE))
    head = f"A launch runs (process {running}):" if running else "Results are in mlflow.db. Next:"
    launch = "" if running else "trains what is missing"
    return [
        head,
        *_commands(
            (f"sweeper status {grid}", "which runs are finished"),
            *([] if running else [(f"sweeper launch {grid}", launch)]),
            *([("sweeper stop", "saves checkpoints and ends it")] if running else []),
            (f"sweeper table {grid}", "the best configuration of each model"),
            ("sweeper ui", "all runs in the browser"),
        ),
    ]


def _commands(*pairs: tuple[str, str]) -> list[str]:
    width = max(len(command) for command, _ in pairs)
    return [f"  {command:{width}}  {what}" for command, what in pairs]
