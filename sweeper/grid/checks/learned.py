"""Checks that values which a grid takes from another grid are learned there."""

from collections.abc import Callable, Iterator
from pathlib import Path

from sweeper import messages
from sweeper.errors import GridError
from sweeper.grid.blocks.definition import Grid
from sweeper.grid.blocks.model_entry import Learned, ModelEntry
from sweeper.grid.blocks.settings import LOSSES
from sweeper.grid.syntax.fields import Range
from trainers.specs.measures import MEASURES

Findings = Iterator[tuple[tuple[str | int, ...], str]]
ReadGrid = Callable[[Path], Grid]


def learned_values(grid: Grid, read_grid: ReadGrid) -> Findings:
    """A learned value comes from a grid that has that model on the same datasets."""
    for index, entry in enumerate(grid.models):
        for name, values in entry.params.items():
            for value in () if isinstance(values, Range) else values:
                if isinstance(value, Learned):
                    what = _not_learned(grid, entry, value, read_grid)
                    if what:
                        yield ("models", index, "params", name), what


def _not_learned(
    grid: Grid, entry: ModelEntry, learned: Learned, read_grid: ReadGrid
) -> str | None:
    """Why a value is not learned in the other grid, or nothing."""
    path: Path = grid.origin.folder / learned.from_
    try:
        other = read_grid(path)
    except GridError as error:
        return f"comes from a grid that cannot be used: {error.problems[0]}"
    entries = [asked for asked in other.models if asked.name == learned.model]
    if not entries:
        names = list(dict.fromkeys(asked.name for asked in other.models))
        return (
            f"comes from {learned.model}, which is not in {learned.from_}. "
            + messages.known_names(names)
        )
    there = {dataset.name for asked in entries for dataset in other.datasets_of(asked)}
    missing = [dataset.name for dataset in grid.datasets_of(entry) if dataset.name not in there]
    if missing:
        return f"comes from {learned.from_}, which has no {', '.join(missing)}."
    if learned.select not in LOSSES and learned.select not in MEASURES:
        unknown = messages.unknown(learned.select, [*MEASURES])
        return f"is selected by {learned.select}, which {unknown}"
    return None
