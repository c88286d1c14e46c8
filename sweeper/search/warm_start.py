"""Results that MLflow has already, as points of a search.

A run belongs to a point if it is one of the point's cells: its parameters name the point that it
could belong to, and the ids of that point's cells decide. So runs of other evaluations, splits or
datasets are never taken."""

from collections.abc import Iterator, Mapping
from typing import Any

from search_spaces.axes import Axis, Choice, Value
from search_spaces.products import Point
from sweeper.errors import UsageError
from sweeper.grid import Grid
from sweeper.grid.blocks.axes import AUTO
from sweeper.grid.blocks.dataset_entry import DatasetEntry
from sweeper.grid.blocks.dataset_facts import DatasetFacts, facts_of
from sweeper.planning.cells import ExpansionOptions
from sweeper.planning.plan import plan_from_cells
from sweeper.search.candidate import Candidate, key_of
from sweeper.search.known_results import FinishedRun
from sweeper.search.space import SWITCH, point_cells, space_of


def known_points(
    grid: Grid, dataset: DatasetEntry, options: ExpansionOptions, results: Mapping[str, FinishedRun]
) -> list[Candidate]:
    """Points of which every seed is finished at the last milestone, with their scores."""
    found: dict[frozenset[str], Candidate] = {}
    for result in sorted(results.values(), key=lambda result: result.run_id):
        if result.params.get("dataset") != dataset.name:
            continue
        for point in _points(grid, dataset, result.params):
            candidate = _finished(grid, dataset, options, point, results)
            if candidate is not None and result.run_id in _runs(candidate):
                found.setdefault(candidate.key, candidate)
    return list(found.values())


def _finished(
    grid: Grid,
    dataset: DatasetEntry,
    options: ExpansionOptions,
    point: Point,
    results: Mapping[str, FinishedRun],
) -> Candidate | None:
    try:
        cells = tuple(point_cells(grid, dataset, point, options))
    except UsageError:
        return None
    last = max(cell.iterations for cell in cells)
    if any(cell.run_id not in results for cell in cells if cell.iterations == last):
        return None
    plan = plan_from_cells(grid.title, "", cells)
    candidate = Candidate(-1, point, cells, plan.trainings)
    for cell in cells:
        if cell.run_id in results:
            candidate.add_scores(cell.training_id, {cell.iterations: results[cell.run_id].metrics})
    assert candidate.key == key_of(cells)
    return candidate


def _runs(candidate: Candidate) -> set[str]:
    return {cell.run_id for cell in candidate.cells}


def _points(grid: Grid, dataset: DatasetEntry, params: Mapping[str, str]) -> Iterator[Point]:
    """The point of each branch that a run's parameters could be."""
    space, facts = space_of(grid, dataset), facts_of(dataset, grid.origin.folder)
    for branch in space.branches:
        model = branch.split("#")[0]
        values = dict(params)
        if params.get("model") == "vae" and model == "beta_vae":
            values["beta"] = "1.0"  # a beta-VAE with beta 1 is stored as what it is, a VAE
        elif params.get("model") != model:
            continue
        point: Point = {SWITCH: branch}
        for _, axis in space.axes(branch):
            value = _value(axis, values.get(axis.name), facts)
            if value is None:
                break
            point[axis.name] = value
        else:
            yield point


def _value(axis: Axis, text: str | None, facts: DatasetFacts) -> Value | None:
    """The axis's value that MLflow holds as `text`; None if it has no such value."""
    if text is None:
        return None
    if isinstance(axis, Choice):
        return next((value for value in axis.values if _same(axis.name, value, text, facts)), None)
    number = float(text)
    step = axis.step or (1 if axis.integer else None)
    steps = (number - axis.low) / step if step else 0.0
    if not axis.low <= number <= axis.high or abs(steps - round(steps)) > 1e-9:
        return None
    return int(number) if axis.integer else number


def _same(name: str, value: Value, text: str, facts: DatasetFacts) -> bool:
    meant: Any = value
    if value == AUTO:
        meant = {"latent_dim": facts.latent_dim, "network": facts.network}.get(name, value)
    if str(meant) == text:
        return True
    try:
        return not isinstance(meant, str | bool) and float(text) == float(meant)
    except ValueError:
        return False
