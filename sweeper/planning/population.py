"""The runs that a grid asks for: of a file, of a grid shipped with the package, or of a launch."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from sweeper.analysis.population import (
    Population,
    Source,
    launched,
    only_grid,
    population_of_cells,
)
from sweeper.analysis.rule import read_grid_text
from sweeper.analysis.study import Study, read_study
from sweeper.grid import load_grid
from sweeper.planning.cells import ExpansionOptions, expand
from sweeper.planning.learned_values import LearnedValues


def find_population(
    source: Source = None,
    grid: str | Path | None = None,
    *,
    shipped: str = "",
    rehearsal: bool | None = False,
    synthetic: bool | None = False,
) -> Population:
    """What `grid` asks for: a grid file as it is now, or the newest launch of a grid's name.

    shipped: the grid of the package to take where none is named; '' takes the only one launched.
    rehearsal, synthetic: such runs in place of real ones; None: whatever the newest launch was.
    Raises GridError, ResultsError, TrackingError, UsageError."""
    if isinstance(source, Population):
        return source
    study = source if isinstance(source, Study) else read_study(source)
    if grid is None and shipped and not rehearsal:
        return _of_file(study, shipped_grid(shipped), bool(synthetic))
    name = str(grid or shipped or only_grid(study))
    if not name.endswith((".yaml", ".yml")):
        return launched(study, name, rehearsal=rehearsal, synthetic=synthetic)
    path = Path(name)
    if not path.is_file():
        return launched(study, path.stem, rehearsal=rehearsal, synthetic=synthetic)
    loaded = load_grid(path)
    if rehearsal or loaded.search is not None:
        return launched(study, loaded.title, rehearsal=rehearsal, synthetic=synthetic)
    return _of_file(study, path, bool(synthetic))


def shipped_grid(name: str) -> Path:
    """The file of a grid that comes with the package, such as 'table7_1'."""
    package = Path(str(files("sweeper")))
    places = (package / "shipped_grids", package.parent / "grids")  # the first is a link in a clone
    return next(
        (place / f"{name}.yaml" for place in places if place.is_dir()), places[0] / f"{name}.yaml"
    )


def _of_file(study: Study, path: Path, synthetic: bool) -> Population:
    """The runs that a file asks for at full length, learned values and aliases as in a plan."""
    grid = load_grid(path)
    options = ExpansionOptions(use_synthetic=(lambda name: True) if synthetic else None)
    learned = LearnedValues(lambda run_ids: study.stored, grid, options)
    options = replace(
        options, resolve=learned.resolve, needs_second_model=learned.needs_second_model
    )
    cells, _ = expand(grid, options)
    text = read_grid_text(grid.origin.text)
    asked = (cell.to_json() for cell in cells)
    return population_of_cells(study, grid.title, asked, text, synthetic=synthetic)
