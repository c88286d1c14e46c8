"""`sweeper grids`: the grids and examples that come with the package, to list and to copy."""

import shutil
from pathlib import Path

import typer

from sweeper.cli.start.completion import shipped_names
from sweeper.cli.start.found_files import shipped_files, summary
from sweeper.errors import UsageError
from sweeper.messages import unknown


def grids(
    names: list[str] = typer.Argument(
        None,
        help="What to copy, for example quickstart.yaml. Default: list all.",
        autocompletion=shipped_names,
        metavar="[NAME]...",
    ),
    everything: bool = typer.Option(False, "--all", help="Copy all of them."),
    out: Path = typer.Option(Path(), "--out", help="Folder to copy to. Default: this folder."),
    force: bool = typer.Option(False, "--force", help="Replace files that exist."),
) -> None:
    """List the grids and examples that come with sweeper, or copy some of them.

    Example: sweeper grids table7_1.yaml --out grids"""
    found = {path.name: path for path in shipped_files()}
    if not names and not everything:
        width = max(map(len, found))
        for name, path in found.items():
            print(f"{name:{width}}  {summary(path)}")
        return
    for copied in _copy(_chosen(names or list(found), found), out, force=force):
        print(copied)


def _chosen(names: list[str], found: dict[str, Path]) -> list[Path]:
    """Names with or without their ending. Raises UsageError with every unknown one."""
    stems = {path.stem: path for path in reversed(found.values())}
    known = stems | found
    wrong = [f"{name} {unknown(name, list(found))}" for name in names if name not in known]
    if wrong:
        raise UsageError("\n".join(wrong))
    return [known[name] for name in names]


def _copy(paths: list[Path], out: Path, *, force: bool) -> list[Path]:
    targets = [out / path.name for path in paths]
    existing = [str(target) for target in targets if target.exists()]
    if existing and not force:
        raise UsageError(f"{', '.join(existing)}: exists; give --force to replace, or --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, target in zip(paths, targets, strict=True):
            shutil.copyfile(path, target)
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be written ({error.strerror})") from error
    return targets
