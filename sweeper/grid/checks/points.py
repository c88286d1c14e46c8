"""Checks of `zip`, `exclude` and `include`."""

from collections.abc import Iterator
from typing import Any

from sweeper import messages
from sweeper.grid.blocks.definition import Grid
from sweeper.grid.blocks.model_entry import ModelEntry, model_params
from sweeper.grid.blocks.points import AXES
from sweeper.grid.syntax.fields import Range

Findings = Iterator[tuple[tuple[str | int, ...], str]]


def points_need_a_product(grid: Grid) -> Findings:
    """A search has no full product to change."""
    if grid.search is None:
        return
    for key in ("zip", "exclude", "include"):
        if getattr(grid, key):
            yield (key,), "changes the full product, which a grid with `search` does not run."
        for index, entry in enumerate(grid.models):
            if getattr(entry, key):
                what = "changes the full product, which a grid with `search` does not run."
                yield ("models", index, key), what


def paired_axes_have_one_length(grid: Grid) -> Findings:
    """The axes of a group exist, belong to one group, and have equally many values."""
    for index, entry in enumerate(grid.models):
        values = {**entry.params, **grid.axes_of(entry), "seed": grid.seeds}
        seen: set[str] = set()
        for where, group in _groups(grid, index, entry):
            what = _mistake_in(group, values, seen, _names(grid, entry, where))
            if what:
                yield where, what
            seen |= set(group)


def points_name_what_is_there(grid: Grid) -> Findings:
    """Points at the top of a grid name its models and datasets."""
    known = {
        "model": [entry.name for entry in grid.models],
        "dataset": [entry.name for entry in grid.datasets],
    }
    for key in ("exclude", "include"):
        for index, point in enumerate(getattr(grid, key)):
            for field, names in known.items():
                for name in point.values().get(field, ()):
                    if name not in names:
                        yield (
                            (key, index, field),
                            f"names {messages.quoted(name)}, which {messages.unknown(name, names)}",
                        )


def excluded_points_are_there(grid: Grid) -> Findings:
    """An excluded point is one of the product: a setting without effect is a mistake."""
    unmatched: dict[tuple[str | int, ...], None] = {}
    matched = set()
    for entry in grid.models:
        defaults = {param.name: (param.default,) for param in model_params(entry.name)}
        axes = {**defaults, **entry.params, **grid.axes_of(entry), "seed": grid.seeds}
        for dataset in grid.datasets_of(entry):
            for where, values in grid.points("exclude", entry, dataset.name):
                unmatched[where] = None
                if all(set(allowed) & set(axes[name]) for name, allowed in values.items()):
                    matched.add(where)
    for where in unmatched:
        if where not in matched:
            yield where, "excludes nothing: no point has all of these values."


def _groups(
    grid: Grid, index: int, entry: ModelEntry
) -> Iterator[tuple[tuple[str | int, ...], tuple[str, ...]]]:
    yield from ((("zip",), group) for group in grid.zip)
    yield from ((("models", index, "zip"), group) for group in entry.zip)


def _names(grid: Grid, entry: ModelEntry, where: tuple[str | int, ...]) -> list[str]:
    return list(AXES) if where == ("zip",) else [*entry.params, *AXES]


def _mistake_in(
    group: tuple[str, ...], values: dict[str, Any], seen: set[str], names: list[str]
) -> str:
    for name in group:
        if name not in names:
            return f"names {messages.quoted(name)}, which {messages.unknown(name, names)}"
        if name in seen or group.count(name) > 1:
            return f"names {name} twice; an axis is paired once."
    if any(isinstance(values[name], Range) for name in group):
        return "pairs a range; give lists of values."
    if len({len(values[name]) for name in group}) > 1:
        counts = ", ".join(f"{name} has {len(values[name])}" for name in group)
        return f"pairs axes with different numbers of values: {counts}."
    return ""
