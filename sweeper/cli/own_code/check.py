"""The command `check`."""

import warnings
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import typer

from sweeper.cli import options
from sweeper.errors import UsageError
from trainers.specs.own import KINDS, PARTS, Kind


def check(
    target: str = typer.Argument(
        ..., metavar="FILE_OR_NAME", help="A file or package of your own, or the name of a part."
    ),
    only: str | None = typer.Option(None, "--only", help="KIND:NAME, one part of a file."),
    data: Path = options.DATA,
    use: list[str] = options.USE,
    as_json: bool = options.JSON,
) -> int:
    """Check models, networks, datasets and measures against what training needs of them: a line
    for each check. Exit code 1 if one failed.

    Example: sweeper check examples/own_loss.py"""
    from trainers.contracts.suite import check_part

    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a verdict says what is wrong
        for kind, name in _selected(_parts(target), only):
            for verdict in check_part(kind, name, str(data) if data else None):
                found.append(verdict)
                if not as_json:
                    print(verdict, flush=True)
    failed = sum(not verdict.ok for verdict in found)
    if as_json:
        options.print_json([vars(verdict) for verdict in found])
    else:
        print(f"{len(found)} checks, {failed} failed" if failed else f"{len(found)} checks: ok")
    return int(failed > 0)


def _parts(target: str) -> list[tuple[Kind, str]]:
    """The parts of a file or module, or of all kinds those of this name. Raises UsageError."""
    from trainers.own_code.installed import load_installed
    from trainers.own_code.registry import use

    if target.endswith(".py") or "/" in target or target.startswith("."):
        place = use(target, Path.cwd()).place
        return [key for key, part in PARTS.items() if part.place == place]
    known = _known()
    parts = [(kind, name) for kind, name in known if name == target]
    for kind, name in parts:
        load_installed(kind, name)
    if parts:
        return parts
    if _is_module(target):
        place = use(target, Path.cwd()).place
        return [key for key, part in PARTS.items() if part.place == place]
    from trainers.words import unknown

    raise UsageError(unknown("part", target, sorted({name for _, name in known})))


def _known() -> list[tuple[Kind, str]]:
    """All parts: built in, loaded, and of installed packages."""
    from trainers.own_code.installed import installed_parts
    from trainers.specs import datasets, measures, models, networks

    tables: list[Iterable[str]]
    tables = [models.MODELS, networks.NETWORKS, datasets.DATASETS, measures.MEASURES]
    known = [(kind, name) for kind, table in zip(KINDS, tables, strict=True) for name in table]
    return list(dict.fromkeys([*known, *installed_parts()]))


def _is_module(target: str) -> bool:
    try:
        return find_spec(target) is not None
    except (ImportError, ValueError):
        return False


def _selected(parts: list[tuple[Kind, str]], only: str | None) -> list[tuple[Kind, str]]:
    if only is None:
        return parts
    names = [f"{kind}:{name}" for kind, name in parts]
    if only not in names:
        from trainers.words import unknown

        raise UsageError(f"--only: {unknown('part', only, names)}")
    return [parts[names.index(only)]]
