"""Reads a grid file: a checked grid, or every mistake in it."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sweeper.errors import GridError, Problem
from sweeper.grid.blocks.definition import Grid, GridSource
from sweeper.grid.checks.consistency import check
from sweeper.grid.checks.data import selection_warnings
from sweeper.grid.syntax.names import safe_name
from sweeper.grid.syntax.positions import problem_at, remove
from sweeper.grid.syntax.yaml_tree import YamlMap, parse_yaml, read_bytes


def load_grid(path: str | Path, *, check_references: bool = True) -> Grid:
    """The grid in a file. check_references: also read the grids that learned values come from.

    Wrong values are reported and removed, and the rest is checked too, so that a typing error
    does not hide an inconsistency. Raises GridError with every mistake."""
    path = Path(path)
    file = str(path)
    data = read_bytes(path, file)
    tree = parse_yaml(data, file)
    grid, errors = _validate(tree, path, data)
    if own_code := [error for error in errors if error["loc"][:1] == ("use",)]:
        # What this code would define is unknown, so other errors may be due to it.
        raise GridError([problem_at(tree, file, error) for error in own_code])
    problems = [*_name_problems(path, tree), *(problem_at(tree, file, error) for error in errors)]
    broken = {str(error["loc"][0]) for error in errors if error["loc"]}
    if errors:
        grid = _without_errors(parse_yaml(data, file), errors, path, data)
    if grid is not None:
        problems += check(
            grid, broken=broken, read_grid=_read_reference if check_references else None
        )
    if problems or grid is None:
        raise GridError(problems)
    return grid


def _read_reference(path: Path) -> Grid:
    """A grid that another one refers to; its own references are not read."""
    return load_grid(path, check_references=False)


def _validate(tree: YamlMap, path: Path, data: bytes) -> tuple[Grid | None, list[ErrorDetails]]:
    context: dict[str, Any] = {"warnings": [], "folder": path.parent.absolute()}
    try:
        grid = Grid.model_validate(tree, context=context)
    except ValidationError as error:
        return None, error.errors()
    found = [*context["warnings"], *selection_warnings(grid)]
    warnings = tuple(f"{path}: {warning}" for warning in found)
    text = data.decode("utf-8-sig")
    grid._origin = GridSource(str(path), path.parent, tree, warnings, text)
    return grid, []


def _without_errors(
    tree: YamlMap, errors: list[ErrorDetails], path: Path, data: bytes
) -> Grid | None:
    """The grid without its wrong values, or None if the rest is no grid."""
    if any(error["type"] == "missing_key" for error in errors):
        return None
    for error in sorted(errors, key=_last_first):
        remove(tree, error["loc"])
    grid, _ = _validate(tree, path, data)
    return grid


def _last_first(error: ErrorDetails) -> tuple[tuple[int, str], ...]:
    """Sort key for removing items: of a list, the last item first."""
    parts = ((-part, "") if isinstance(part, int) else (0, part) for part in error["loc"])
    return tuple(parts)


def _name_problems(path: Path, tree: YamlMap) -> list[Problem]:
    if "name" in tree:
        return []
    try:
        safe_name(path.stem)
    except ValueError as error:
        what = f"{error} It is the file's name; rename the file, or add `name:`."
        return [Problem(str(path), 0, 0, "", what)]
    return []
