"""A grid file to a checked grid, or to every mistake in it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sweeper.errors import GridError, Problem
from sweeper.grid.names import safe_name
from sweeper.grid.places import problem_at, prune
from sweeper.yaml_source import YamlMap, parse_yaml, read_bytes

if TYPE_CHECKING:
    from sweeper.grid.model import Grid

G = TypeVar("G", bound="Grid")


def load(cls: type[G], path: Path, *, following: bool = True) -> G:
    """The grid in a file. `following`: look into the grids that learned values come from.

    Values that are wrong are told, taken out, and the rest is checked too, so that a typing
    mistake does not hide one in how things fit together."""
    from sweeper.grid.checks import check

    file = str(path)
    data = read_bytes(path, file)
    tree = parse_yaml(data, file)
    grid, errors = _validate(cls, tree, path, data)
    problems = [*_name_problems(path, tree), *(problem_at(tree, file, error) for error in errors)]
    broken = {str(error["loc"][0]) for error in errors if error["loc"]}
    if errors:
        grid = _remainder(cls, parse_yaml(data, file), errors, path, data)
    if grid is not None:
        problems += check(grid, broken=broken, following=following)
    if problems or grid is None:
        raise GridError(problems)
    return grid


def _validate(
    cls: type[G], tree: YamlMap, path: Path, data: bytes
) -> tuple[G | None, list[ErrorDetails]]:
    from sweeper.grid.model import Origin

    context: dict[str, Any] = {"warnings": []}
    try:
        grid = cls.model_validate(tree, context=context)
    except ValidationError as error:
        return None, error.errors()
    warnings = tuple(f"{path}: {warning}" for warning in context["warnings"])
    text = data.decode("utf-8-sig")
    grid._origin = Origin(str(path), path.parent, tree, warnings, text)
    return grid, []


def _remainder(
    cls: type[G], tree: YamlMap, errors: list[ErrorDetails], path: Path, data: bytes
) -> G | None:
    """The grid without what is wrong in it, if that is one."""
    if any(error["type"] == "missing_key" for error in errors):
        return None
    for error in sorted(errors, key=_last_first):
        prune(tree, error["loc"])
    grid, _ = _validate(cls, tree, path, data)
    return grid


def _last_first(error: ErrorDetails) -> tuple[tuple[int, str], ...]:
    """Orders places so that taking one out of a list moves none that follows."""
    parts = ((-part, "") if isinstance(part, int) else (0, part) for part in error["loc"])
    return tuple(parts)


def _name_problems(path: Path, tree: YamlMap) -> list[Problem]:
    if "name" in tree:
        return []
    try:
        safe_name(path.stem)
    except ValueError as error:
        what = f"{error} This file's name is the grid's; rename it, or add `name:`."
        return [Problem(str(path), 0, 0, "", what)]
    return []
