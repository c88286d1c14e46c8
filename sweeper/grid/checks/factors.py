"""Checks of `factors`: the datasets have these factors and values, and images are left."""

from collections.abc import Iterator

from sweeper.errors import DatasetError
from sweeper.grid.blocks.dataset_facts import facts_of
from sweeper.grid.blocks.definition import Grid
from trainers.factor_splits import FactorSplit, factor_split, problems

Findings = Iterator[tuple[tuple[str | int, ...], str]]


def factors_are_there(grid: Grid) -> Findings:
    """Every dataset of the grid has the factors, each with the named values."""
    for entry in grid.datasets:
        try:
            sizes = dict(facts_of(entry, grid.origin.folder).factor_sizes)
        except DatasetError:
            continue  # another check reports it
        for index, asked in enumerate(grid.factors):
            # As written, one by one: positions are those of the file, not of the canonical order.
            written = FactorSplit(asked.correlate, tuple(map(_as_written, asked.without)))
            for where, what in problems(written, sizes):
                yield ("factors", index, *where), f"on {entry.name}: {what}"


def factors_fit_the_grid(grid: Grid) -> Findings:
    """No distribution is given twice; a search, which selects over its space, has one."""
    seen: list[FactorSplit] = []
    for index, asked in enumerate(grid.factors):
        if asked.split in seen:
            yield ("factors", index), "is the same distribution as an earlier one; remove it."
        seen.append(asked.split)
    if grid.search is not None and len(grid.factors) > 1:
        yield ("factors",), "has several distributions; a search has one. Write a grid for each."


def _as_written(box: dict[str, tuple[int, int]]) -> tuple[tuple[str, int, int], ...]:
    [canonical] = factor_split({"without": [box]}).without
    return canonical
