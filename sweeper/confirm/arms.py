"""The configurations that are trained on fresh seeds: of each dataset and model the winner and its
strongest rivals."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sweeper.analysis.population import MISSING, Population, population_of_cells
from sweeper.analysis.rule import SelectionRule, read_grid_text
from sweeper.analysis.selection import Winner, configuration, ranked
from sweeper.analysis.study import RunRow, Study
from sweeper.errors import ResultsError, UsageError
from sweeper.grid import Grid
from sweeper.ids import run_id, training_id
from sweeper.messages import counted
from sweeper.planning.cells import Cell
from sweeper.planning.plan import Plan
from sweeper.planning.settings import Settings


@dataclass(frozen=True)
class Arm:
    """One configuration. selected: as the grid's own seeds rank it.  rank: 0 for the winner of its
    model, 1 for the strongest rival, ..  cell: a run of it, as the grid asks for it."""

    selected: Winner
    rank: int
    cell: Cell

    @property
    def name(self) -> str:
        """Unique within a grid."""
        return f"{self.dataset} {self.cell.config.source} {self.label} {self.rank}"

    @property
    def dataset(self) -> str:
        return self.cell.config.dataset

    @property
    def label(self) -> str:
        return self.cell.label

    def fresh_cell(self, seed: int, *, sharing: bool) -> Cell:
        """The run of this configuration by another seed: an ordinary run with its ordinary id."""
        iterations = self.cell.iterations
        config = replace(self.cell.config, seed=seed, milestones=(iterations,))
        identity = config.identity()
        training = training_id(identity, None if sharing else iterations)
        return Cell(run_id(identity, iterations), training, self.label, iterations, config)


def population_of_plan(grid: Grid, plan: Plan, study: Study, settings: Settings) -> Population:
    """The runs of a grid's plan, real, rehearsed or synthetic as the plan is."""
    text = read_grid_text(grid.origin.text)
    cells = [cell.to_json() for cell in plan.cells]
    is_rehearsal = settings.scale != 1 or settings.points is not None
    return population_of_cells(
        study, grid.title, cells, text, synthetic=True, rehearsal=is_rehearsal
    )


def arms_of(population: Population, plan: Plan, rule: SelectionRule, num_rivals: int) -> list[Arm]:
    """Arms by dataset, source and model, in the order of the plan.

    A rival differs from those ranked above it in more than its iterations: milestones of one
    training are strongly correlated. Raises ResultsError while runs of the grid are missing,
    UsageError for a score that no single run has."""
    _check(population, rule)
    cells = {(cell.label, cell.run_id): cell for cell in plan.cells}
    groups: dict[tuple[str, str, str], list[RunRow]] = {}
    for row in population.cells:
        groups.setdefault((row["dataset"], row["source"], row["label"]), []).append(row)
    arms = []
    for group in groups.values():
        for rank, winner in enumerate(_distinct(ranked(group, rule), 1 + num_rivals)):
            key = (winner.first["label"], winner.first["run_id"])
            arms.append(Arm(winner, rank, cells[key]))
    if not arms:
        raise ResultsError(
            f"no finished run of {population.grid} has a {rule.by.name} to select by"
        )
    return arms


def first_fresh_seed(plan: Plan) -> int:
    """The first of the seeds above all that the grid asks for."""
    return 1 + max(cell.config.seed for cell in plan.cells)


def by_dataset(arms: Iterable[Arm]) -> dict[tuple[str, str], list[Arm]]:
    """The arms of each dataset and source: one race each."""
    groups: dict[tuple[str, str], list[Arm]] = {}
    for arm in arms:
        groups.setdefault((arm.dataset, arm.cell.config.source), []).append(arm)
    return groups


def models_of(arms: Iterable[Arm]) -> Mapping[str, list[str]]:
    """The arms' names of each model, the winner first."""
    models: dict[str, list[str]] = {}
    for arm in arms:
        models.setdefault(arm.label, []).append(arm.name)
    return models


def _check(population: Population, rule: SelectionRule) -> None:
    if rule.by.needs_seeds:
        raise UsageError(
            f"{population.grid} selects by {rule.by.name}, which compares seeds with each other: a "
            "winner by it has no score on a fresh seed. Select by another score"
        )
    missing = sum(row["status"] in (MISSING, "unfinished") for row in population.rows)
    if missing:
        raise ResultsError(
            f"{counted(missing, 'run is', 'runs are')} missing of {population.grid}: winners are "
            "confirmed once all of its runs have ended. Launch it first: sweeper launch GRID"
        )


def _distinct(winners: list[Winner], most: int) -> list[Winner]:
    """The first ones that differ in more than iterations."""
    found: dict[tuple[object, ...], Winner] = {}
    for winner in winners:
        found.setdefault(configuration(winner.first, "iterations"), winner)
    return list(found.values())[:most]
