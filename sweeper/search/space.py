"""A grid with `search`: the space that a search samples, and the cells of a point of it.

A search runs per dataset. Its switch is the entry of `models`; parameters, and axes that some
entry replaces, belong to the branch of their entry. Iterations and seeds are not sampled: a point
is trained with every seed and scored at every milestone."""

from collections.abc import Mapping
from typing import Any

from search_spaces.axes import Axis, Choice, Interval
from search_spaces.spaces import Space
from sweeper.errors import UsageError
from sweeper.grid import Grid, ModelEntry, Range
from sweeper.grid.blocks.axes import Axes
from sweeper.grid.blocks.dataset_entry import DatasetEntry
from sweeper.grid.blocks.model_entry import model_params
from sweeper.grid.blocks.settings import Search
from sweeper.planning.cells import DEFAULT_OPTIONS, Cell, CellBuilder, ExpansionOptions

SWITCH = "model"
_INTEGER_AXES = {"batch_size", "latent_dim"}


def search_of(grid: Grid) -> Search:
    """The grid's search. Raises UsageError if it has none."""
    if grid.search is None:
        raise UsageError(f"{grid.origin.file}: has no `search`; its full product is run.")
    return grid.search


def directions_of(grid: Grid) -> dict[str, str]:
    """Metric to 'max' or 'min': what the search optimises."""
    asked = search_of(grid).directions
    return {**asked} if asked else {grid.select.by: grid.select.direction}


def branches_of(grid: Grid, dataset: DatasetEntry) -> dict[str, ModelEntry]:
    """The branches of the switch: entries by name, `beta_vae#2` for a repeated name."""
    branches: dict[str, ModelEntry] = {}
    for entry in grid.models:
        if dataset not in grid.datasets_of(entry):
            continue
        again = sum(known.name == entry.name for known in branches.values())
        branches[f"{entry.name}#{again + 1}" if again else entry.name] = entry
    return branches


def space_of(grid: Grid, dataset: DatasetEntry) -> Space:
    """The space that a search on this dataset samples."""
    search_of(grid)
    entries = branches_of(grid, dataset)
    own = {name for entry in entries.values() for name in _given(entry.axes)}
    axes = {name: values for name, values in grid.axes_of(grid.models[0]).items()}
    common = [name for name in axes if name not in own | {"iterations"}]
    return Space(
        common=tuple(_axis(name, axes[name], name in _INTEGER_AXES) for name in common),
        switch=SWITCH,
        branches={name: _branch(grid, entry, own) for name, entry in entries.items()},
    )


def point_cells(
    grid: Grid,
    dataset: DatasetEntry,
    point: Mapping[str, Any],
    options: ExpansionOptions = DEFAULT_OPTIONS,
) -> list[Cell]:
    """The cells of a point: every seed, every milestone."""
    entry = branches_of(grid, dataset)[point[SWITCH]]
    maker = CellBuilder(grid, entry, dataset, options)
    values = {key: value for key, value in point.items() if key != SWITCH}
    return [cell for seed in grid.seeds for cell in maker.cells({**values, "seed": seed})]


def num_points(grid: Grid) -> int:
    """How many points a search tries on each dataset: every seed is a training."""
    return max(1, search_of(grid).trainings // len(grid.seeds))


def search_summary(grid: Grid, options: ExpansionOptions = DEFAULT_OPTIONS) -> dict[str, int]:
    """Upper bounds of what a search asks for, under the names that a plan has."""
    trainings = num_points(grid) * len(grid.seeds)
    runs = asked = longest = 0
    for dataset in grid.datasets:
        makers = [
            CellBuilder(grid, entry, dataset, options)
            for entry in branches_of(grid, dataset).values()
        ]
        runs += trainings * max((len(maker.milestones) for maker in makers), default=0)
        asked += trainings * max((sum(maker.milestones) for maker in makers), default=0)
        longest += trainings * max((maker.milestones[-1] for maker in makers), default=0)
    return {
        "runs": runs,
        "trainings": trainings * len(grid.datasets),
        "steps_asked": asked,
        "steps_to_run": longest,
        "reused": 0,
    }


def _branch(grid: Grid, entry: ModelEntry, own: set[str]) -> tuple[Axis, ...]:
    kinds = {param.name: param.kind for param in model_params(entry.name)}
    params = (_axis(name, values, kinds[name] == "int") for name, values in entry.params.items())
    merged = grid.axes_of(entry)
    axes = (
        _axis(name, merged[name], name in _INTEGER_AXES) for name in sorted(own - {"iterations"})
    )
    return (*params, *axes)


def _given(axes: Axes | None) -> set[str]:
    if axes is None:
        return set()
    names = {name for name in Axes.names() if getattr(axes, name) is not None}
    return names if axes.tf32 is None else {*names, "precision"}


def _axis(name: str, values: tuple[Any, ...] | Range, whole: bool) -> Axis:
    if isinstance(values, Range):
        return Interval(name, values.low, values.high, values.log, values.step, whole)
    return Choice(name, values)
