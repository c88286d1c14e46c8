"""Commands that move results between stores: merge, pack, unpack."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sweeper.cli import options
from sweeper.errors import UsageError
from sweeper.messages import counted

if TYPE_CHECKING:
    from sweeper.sharing.merge import MergeReport


def register(app: typer.Typer) -> None:
    for command in (merge, pack, unpack):
        app.command()(command)


def merge(
    other: str = typer.Argument(
        ...,
        metavar="OTHER",
        help="A working folder, a database file, a tracking URI, or a file of `sweeper pack`.",
    ),
    tracking_uri: str = options.TRACKING,
    store: str = options.STORE,
    as_json: bool = options.JSON,
) -> None:
    """Copy the runs of another store into this one, by run id: nothing twice, however often it is
    repeated. Runs of the same id with other numbers are listed and kept apart.

    Example: sweeper merge ../other_study"""
    from sweeper.sharing.merge import merge as run
    from sweeper.sharing.source import open_source
    from sweeper.store.launch_lock import store_lock

    settings = options.setting(tracking_uri=tracking_uri, store=store)
    with (
        store_lock(settings.store, f"merge {other}"),
        open_source(other, settings.tracking_uri) as source,
        _progress("merging", quiet=as_json) as report_run,
    ):
        found = run(source, settings.tracking_uri, report_run)
    if as_json:
        options.print_json(found.to_json())
    else:
        print("\n".join(merge_lines(found)))
    raise typer.Exit(1 if found.conflicts or found.damaged else 0)


def pack(
    grid: str = typer.Argument(..., help="A launched grid's name, or its file.", metavar="GRID"),
    out: Path = typer.Argument(..., help="The file to write, such as study.zip.", metavar="OUT"),
    tracking_uri: str = options.TRACKING,
    as_json: bool = options.JSON,
) -> None:
    """Write a launched grid as one file: its runs with curves and latents, tables, grid file,
    versions of all packages, and your own code.

    Example: sweeper pack quickstart study.zip"""
    from sweeper.sharing.pack import pack as write

    name, files = _grid_files(grid)
    uri = options.setting(tracking_uri=tracking_uri).tracking_uri
    with _progress("packing", quiet=as_json) as report_run:
        found = write(name, uri, out, files, report_run)
    if as_json:
        options.print_json(vars(found) | {"file": str(out)})
        return
    print(f"{out}: {counted(found.runs, 'run')} of {name}, {found.size / 1e6:,.1f} MB")
    if found.missing:
        print(f"{counted(found.missing, 'run')} that the grid asks for: not finished")


def unpack(
    file: Path = typer.Argument(..., help="A file of `sweeper pack`.", metavar="FILE"),
    folder: Path = typer.Argument(None, help="Default: the file's name.", metavar="[FOLDER]"),
    as_json: bool = options.JSON,
) -> None:
    """Make a working folder of a pack: check every file, write its runs into an MLflow store, make
    its tables again and compare them with the packed ones.

    Example: sweeper unpack study.zip"""
    from sweeper.planning.settings import default_settings
    from sweeper.sharing.unpack import unpack as run
    from sweeper.store.launch_lock import store_lock

    folder = folder or Path(file.stem)
    settings = default_settings(folder)
    if not file.is_file():
        raise UsageError(f"{file}: does not exist")
    with (
        store_lock(settings.store, f"unpack {file}"),
        _progress("unpacking", quiet=as_json) as report_run,
    ):
        found = run(file, folder, settings.tracking_uri, report_run)
    if as_json:
        tables = {"grid": found.grid, "other_tables": list(found.other_tables)}
        options.print_json(found.merged.to_json() | tables)
    else:
        print("\n".join(merge_lines(found.merged)))
        same = "made again with the same bytes"
        print(
            f"tables: {', '.join(found.other_tables) + ' differ' if found.other_tables else same}"
        )
        print(f"cd {folder} && sweeper table {found.grid} --grid {found.grid}")
    raise typer.Exit(1 if found.other_tables or found.merged.damaged else 0)


def merge_lines(report: "MergeReport") -> Iterator[str]:
    """What a merge did, for people."""
    found = report.to_json()
    yield (
        f"{counted(found['copied'], 'run')} copied, {found['present']:,} were here already, "
        f"{found['scores_added']:,} received missing scores; {report.launches:,} launches copied"
    )
    if found["unfinished"]:
        yield f"not finished there, and not copied: {counted(found['unfinished'], 'run')}"
    for grid in report.other_content:
        yield (
            f"grid {grid} was launched in both stores with different content: `sweeper table "
            f"{grid}` shows the newer launch; name the grid's file to be certain"
        )
    for run, reason in report.damaged.items():
        yield f"not copied: {run}: {reason}"
    if report.conflicts:
        yield (
            f"{counted(len(report.conflicts), 'run has', 'runs have')} other numbers there. Those "
            "here count; the others are kept in the experiment 'EXPERIMENT conflicts' of MLflow:"
        )
    for run, differences in report.conflicts.items():
        yield f"  {run}: {'; '.join(differences[:3])}"


def _grid_files(grid: str) -> tuple[str, dict[Path, str]]:
    """A grid's name, and {path: text} of its file and those that it refers to."""
    import os

    from sweeper.cli.launch.submit import grid_files
    from sweeper.grid import load_grid

    path = Path(grid)
    if not path.is_file():
        if grid.endswith((".yaml", ".yml")):
            raise UsageError(f"{grid}: does not exist")
        return grid, {}
    loaded = load_grid(path)
    name, texts = grid_files(loaded)
    root = Path(os.path.abspath(path)).parents[len(Path(name).parents) - 1]
    return loaded.title, {root / relative: text for relative, text in texts.items()}


@contextmanager
def _progress(title: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A function that shows how many of how many runs are done, where there is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=quiet) as bars:
        task = bars.add_task(title, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
