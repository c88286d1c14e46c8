"""A grid made in a program as the text of a file, which MLflow keeps with its launch."""

from typing import Any

import yaml

from sweeper.grid.blocks.definition import Grid


def as_yaml(grid: Grid) -> str:
    """The text of the grid's file; for a grid without a file, one that loads as the same grid."""
    if grid.origin.text:
        return grid.origin.text
    plain: dict[str, Any] = grid.model_dump(
        mode="json", by_alias=True, exclude_unset=True, exclude_none=True, warnings=False
    )
    plain["models"] = [_entry(entry) for entry in plain["models"]]
    text: str = yaml.safe_dump(plain, sort_keys=False)
    return text


def _entry(entry: dict[str, Any]) -> dict[str, Any] | str:
    """{name, params: {beta: 4}, datasets: ..} as {name: {beta: 4, datasets: ..}}."""
    name, params = entry.pop("name"), entry.pop("params", {})
    inner = {**params, **entry}
    return {name: inner} if inner else str(name)
