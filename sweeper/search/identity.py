"""What makes two launches one search, and where its study is kept."""

from pathlib import Path
from typing import Any

from search_spaces.axes import Axis, Choice
from sweeper.grid import Grid
from sweeper.grid.blocks.dataset_entry import DatasetEntry
from sweeper.ids import id_of
from sweeper.planning.cells import CellBuilder, ExpansionOptions
from sweeper.search.objective import objective_of
from sweeper.search.space import SWITCH, branches_of, space_of
from sweeper.store.address import local_folder

FOLDER = "studies"


def journal_of(store: str, grid: Grid, dataset: DatasetEntry, options: ExpansionOptions) -> Path:
    """The journal of a search: STORE/studies/GRID/DATASET.journal. Another scale,
    fewer points or synthetic data make it another search, with a file of its own."""
    makers = _makers(grid, dataset, options)
    source = "-synthetic" if makers[0].source == "synthetic" else ""
    scale = "" if options.scale == 1 else f"-scale{options.scale:g}"
    points = "" if options.points is None else f"-points{options.points}"
    name = f"{dataset.name}{source}{scale}{points}.journal"
    return local_folder(store) / FOLDER / grid.title / name


def milestones_of(grid: Grid, dataset: DatasetEntry, options: ExpansionOptions) -> tuple[int, ...]:
    """Every milestone of any entry, ascending."""
    makers = _makers(grid, dataset, options)
    return tuple(sorted({milestone for maker in makers for milestone in maker.milestones}))


def identity_of(grid: Grid, dataset: DatasetEntry, options: ExpansionOptions) -> dict[str, Any]:
    """The space and its objective, as JSON values. Sampler, pruner, seed and the number of
    trainings may change between launches."""
    space = space_of(grid, dataset)
    makers = _makers(grid, dataset, options)
    objective = objective_of(grid)
    plain: dict[str, Any] = {axis.name: _plain(axis) for axis in space.common}
    for branch, axes in space.branches.items():
        plain[f"{SWITCH} {branch}"] = "tried"
        plain |= {f"{branch}.{axis.name}": _plain(axis) for axis in axes}
    return plain | {
        "iterations": [list(maker.milestones) for maker in makers],
        "seeds": list(grid.seeds),
        "directions": dict(zip(objective.metrics, objective.directions, strict=True)),
        "source": makers[0].source,
        "evaluation": dict(vars(makers[0].evaluation)),
    }


def search_id(grid: Grid, options: ExpansionOptions) -> str:
    """Equal for launches that search the same in the same way: the id of their parent run."""
    sources = sorted((d.name, _makers(grid, d, options)[0].source) for d in grid.datasets)
    asked = {"name": grid.title, "grid": grid.requested(), "scale": options.scale}
    asked |= {} if options.points is None else {"points": options.points}
    return id_of({**asked, "sources": [list(pair) for pair in sources]})


def _makers(grid: Grid, dataset: DatasetEntry, options: ExpansionOptions) -> list[CellBuilder]:
    entries = branches_of(grid, dataset).values()
    return [CellBuilder(grid, entry, dataset, options) for entry in entries]


def _plain(axis: Axis) -> Any:
    if isinstance(axis, Choice):
        return list(axis.values)
    plain: dict[str, Any] = {"low": axis.low, "high": axis.high}
    plain |= {"log": True} if axis.log else {}
    return plain if axis.step is None else plain | {"step": axis.step}
