"""The points of one entry of `models` on one dataset: product, paired axes, left out, added."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from search_spaces import products
from search_spaces.products import Point
from sweeper.grid import Grid, ModelEntry
from sweeper.grid.blocks.model_entry import model_params

Values = Mapping[str, tuple[Any, ...]]


def points_of(grid: Grid, entry: ModelEntry, dataset: str, axes: Values) -> Iterator[Point]:
    """Every point, in the order of the grid; one that is included twice comes twice.

    axes: the values of the entry's parameters, axes and seeds."""
    excluded = grid.points("exclude", entry, dataset)
    defaults = {param.name: param.default for param in model_params(entry.name)}
    for point in _product(axes, (*grid.zip, *entry.zip)):
        if not any(matches(defaults | point, values) for _, values in excluded):
            yield point
    for _, values in grid.points("include", entry, dataset):
        yield from products.product({**axes, **values})


def matches(point: Point, values: Values) -> bool:
    """Whether a point has one of the values of each named axis."""
    return all(point[name] in allowed for name, allowed in values.items())


def max_points(grid: Grid, entry: ModelEntry, dataset: str, axes: Values) -> int:
    """How many points there are before any is excluded, without making them."""
    total = products.size(axes)
    for group in (*grid.zip, *entry.zip):
        lengths = [len(axes[name]) for name in group if name in axes]
        total = total // math.prod(lengths) * min(lengths, default=1)
    included = grid.points("include", entry, dataset)
    return total + sum(products.size({**axes, **values}) for _, values in included)


def _product(axes: Values, groups: tuple[tuple[str, ...], ...]) -> Iterator[Point]:
    """The product in which the axes of a group advance together, in place of its first one."""
    joined: dict[str, list[Point]] = {name: [{name: v} for v in axes[name]] for name in axes}
    for group in groups:
        rows = zip(*(axes[name] for name in group), strict=True)
        joined[group[0]] = [dict(zip(group, row, strict=True)) for row in rows]
        for name in group[1:]:
            del joined[name]
    for parts in products.product(joined):
        point = {name: value for part in parts.values() for name, value in part.items()}
        yield {name: point[name] for name in axes}
