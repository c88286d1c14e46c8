"""Checks that the parts of a grid are consistent, with the reason where they are not.

Each check reads some top-level keys, and is skipped if one of them already has an error."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from sweeper import messages
from sweeper.errors import Problem
from sweeper.grid.blocks.definition import Grid
from sweeper.grid.blocks.model_entry import Learned, ModelEntry, model_params
from sweeper.grid.blocks.settings import BETWEEN_SEEDS, GROUPS, LOSSES, Search
from sweeper.grid.checks.data import (
    batches_fit_splits,
    datasets_can_be_measured,
    latent_sizes_are_known,
    networks_fit_images,
    values_fit_reconstruction,
)
from sweeper.grid.checks.factors import factors_are_there, factors_fit_the_grid
from sweeper.grid.checks.learned import ReadGrid, learned_values
from sweeper.grid.checks.points import (
    excluded_points_are_there,
    paired_axes_have_one_length,
    points_name_what_is_there,
    points_need_a_product,
)
from sweeper.grid.syntax.fields import Range
from sweeper.grid.syntax.positions import nodes_to, value_problem
from sweeper.grid.syntax.yaml_tree import join
from trainers.specs.models import undefined_with

Findings = Iterator[tuple[tuple[str | int, ...], str]]


def check(
    grid: Grid, *, broken: Collection[str] = (), read_grid: ReadGrid | None = None
) -> list[Problem]:
    """Every inconsistency of the grid.

    broken: top-level keys that already have an error; checks that read them are skipped.
    read_grid: reads a grid that learned values come from; None leaves those unchecked."""
    found: list[Problem] = []
    for function, reads in _CHECKS.items():
        if not set(reads) & set(broken):
            found += [problem(grid, loc, what) for loc, what in function(grid)]
    if read_grid is not None:
        found += [problem(grid, loc, what) for loc, what in learned_values(grid, read_grid)]
    return found


def problem(grid: Grid, loc: tuple[str | int, ...], what: str) -> Problem:
    """A problem at a position of the grid; without a file, the position is a key path only."""
    if grid.origin.tree:
        nodes, _ = nodes_to(grid.origin.tree, loc)
        return value_problem(nodes[-1], grid.origin.file, what)
    path = ""
    for part in loc:
        path = join(path, part)
    return Problem(grid.origin.file, 0, 0, path, what)


def iterations_are_given(grid: Grid) -> Findings:
    """Every model needs iterations."""
    for index, entry in enumerate(grid.models):
        if "iterations" not in grid.axes_of(entry):
            own = ("models", index, "axes") if entry.axes is not None else ("axes",)
            yield own, "has no iterations; give the numbers after which a training is scored."
            return


def restrictions_are_asked(grid: Grid) -> Findings:
    """An entry's datasets are among the grid's."""
    names = [dataset.name for dataset in grid.datasets]
    for index, entry in enumerate(grid.models):
        for position, name in enumerate(entry.datasets or ()):
            if name not in names:
                what = f"is not among the grid's datasets. {messages.known_names(names)}"
                yield ("models", index, "datasets", position), what


def selection_is_measured(grid: Grid) -> Findings:
    """The metric of `select` is among the scores."""
    by = grid.select.by
    if by not in BETWEEN_SEEDS and not _is_scored(grid, by):
        yield ("select", "by"), f"{by} is not among evaluation.measures; add it there."


def seeds_are_compared(grid: Grid) -> Findings:
    """A score that compares seeds needs two of them, and trainings that it does not steer."""
    by = grid.select.by
    if by not in BETWEEN_SEEDS:
        return
    what = f"{by} compares the seeds of a configuration with each other"
    if grid.search is not None:
        yield ("select", "by"), f"{what}, and a search scores one training at a time."
    elif len(grid.seeds) < 2:
        yield ("select", "by"), f"{what}; give two or more, as in `seeds: 3`."


def fused_trainings_start_together(grid: Grid) -> Findings:
    """A search starts its trainings one by one."""
    if grid.fused is not None and grid.search is not None:
        yield (
            ("fused",),
            "has no use in a search, which starts its trainings one by one; remove it.",
        )


def split_leaves_images(grid: Grid) -> Findings:
    """Every requested split has images."""
    evaluation = grid.evaluation
    if evaluation.split.validation + evaluation.test_fraction >= 1:
        yield ("evaluation", "split"), "leaves no images to train on."
    if evaluation.report == "test" and evaluation.test_fraction == 0:
        yield ("evaluation", "report"), "needs a test split; set evaluation.split.test above 0."


def money_is_countable(grid: Grid) -> Findings:
    """A limit on money needs a price."""
    if grid.budget is not None and grid.budget.money is not None and grid.price is None:
        what = "has no effect without `price`, the cost of a GPU-hour."
        yield ("budget", "money"), what


def gpus_are_whole(grid: Grid) -> Findings:
    """A training gets a fraction of one GPU, or whole ones."""
    gpu = grid.resources.gpu
    if gpu is not None and gpu > 1 and gpu != int(gpu):
        yield ("resources", "gpu"), "must be a whole number or a fraction below 1."


def ranges_are_searched(grid: Grid) -> Findings:
    """Ranges need a search; a search with several directions cannot prune."""
    if grid.search is not None:
        yield from _search_can_run(grid, grid.search)
        return
    what = "is a range, which needs a `search` block; add one, or give a list of values."
    for index, entry in enumerate(grid.models):
        for name, values in entry.params.items():
            if isinstance(values, Range):
                yield ("models", index, "params", name), what
        for name in _ranges(entry.axes):
            yield ("models", index, "axes", name), what
    for name in _ranges(grid.axes):
        yield ("axes", name), what


def parameters_have_effect(grid: Grid) -> Findings:
    """A parameter is not given together with a value of another that disables it."""
    for index, entry in enumerate(grid.models):
        for param in model_params(entry.name):
            values = entry.params.get(param.name, (param.default,))
            if param.needs is None or values == (param.default,):
                continue
            other, beginning = param.needs
            for value in _values(entry, other):
                if not str(value).startswith(beginning):
                    yield (
                        ("models", index, "params", param.name),
                        f"has no effect with {other} {messages.quoted(value)}; leave it out there, "
                        "if necessary in two entries.",
                    )
                    break


def losses_are_defined(grid: Grid) -> Findings:
    """A model is not trained with a reconstruction error for which its loss is not defined."""
    for index, entry in enumerate(grid.models):
        values = grid.axes_of(entry)["reconstruction"]
        assert isinstance(values, tuple), "only numbers have ranges"
        for dataset in grid.datasets_of(entry):
            for _, point in grid.points("include", entry, dataset.name):
                values += tuple(v for v in point.get("reconstruction", ()) if v not in values)
        for undefined in filter(None, (undefined_with(entry.name, value) for value in values)):
            yield ("models", index), f"cannot be trained: {entry.name} {undefined}."


def _values(entry: ModelEntry, name: str) -> tuple[Any, ...]:
    """The values of a parameter, given or default; none for a range."""
    defaults = {param.name: param.default for param in model_params(entry.name)}
    values = entry.params.get(name, (defaults[name],))
    return () if isinstance(values, Range) else values


def _search_can_run(grid: Grid, search: Search) -> Findings:
    if len(search.directions or {}) > 1 and search.pruner != "none":
        yield ("search", "pruner"), "must be none in a search with several directions."
    if len(search.directions or {}) > 1 and search.sampler == "cmaes":
        yield ("search", "sampler"), "cannot search in several directions; use nsga2, tpe or gp."
    if not grid.sharing:
        yield ("sharing",), "must be true in a search, where all milestones come from one training."
    if all(_has_one_point(grid, dataset.name) for dataset in grid.datasets):
        yield ("search",), "has one point to try; give lists or ranges, or leave `search` out."
    for metric in search.directions or {}:
        if not _is_scored(grid, metric):
            yield (
                ("search", "directions", metric),
                "is not among evaluation.measures; add it there.",
            )
    for index, entry in enumerate(grid.models):
        for name, values in entry.params.items():
            if not isinstance(values, Range) and any(isinstance(item, Learned) for item in values):
                yield (
                    ("models", index, "params", name),
                    "is learned in another grid, which a search does not support.",
                )


def _has_one_point(grid: Grid, dataset: str) -> bool:
    """Whether the search space on this dataset is a single point."""
    entries = [entry for entry in grid.models if dataset in (entry.datasets or (dataset,))]
    drawn = [
        {**entry.params, **{k: v for k, v in grid.axes_of(entry).items() if k != "iterations"}}
        for entry in entries
    ]
    return len(entries) < 2 and all(
        not isinstance(values, Range) and len(values) == 1
        for axes in drawn
        for values in axes.values()
    )


def _is_scored(grid: Grid, metric: str) -> bool:
    named = grid.evaluation.measures
    return metric in LOSSES or any(
        metric == name or metric in GROUPS.get(name, ()) for name in named
    )


def _ranges(axes: Any) -> list[str]:
    names = () if axes is None else type(axes).model_fields
    return [name for name in names if isinstance(getattr(axes, name), Range)]


_CHECKS: dict[Callable[[Grid], Findings], tuple[str, ...]] = {
    iterations_are_given: ("axes", "models"),
    restrictions_are_asked: ("datasets",),
    selection_is_measured: ("select", "evaluation"),
    seeds_are_compared: ("select", "search", "seeds"),
    fused_trainings_start_together: ("fused", "search"),
    split_leaves_images: ("evaluation",),
    money_is_countable: ("price", "budget"),
    gpus_are_whole: (),
    ranges_are_searched: ("search", "evaluation", "sharing", "datasets", "models", "axes"),
    parameters_have_effect: (),
    losses_are_defined: ("axes",),
    points_need_a_product: ("search", "zip", "exclude", "include", "models"),
    paired_axes_have_one_length: ("zip", "models", "axes", "seeds"),
    excluded_points_are_there: ("exclude", "models", "axes", "seeds", "datasets", "search"),
    points_name_what_is_there: ("exclude", "include", "models", "datasets"),
    datasets_can_be_measured: (),
    latent_sizes_are_known: ("axes",),
    networks_fit_images: (),
    values_fit_reconstruction: ("axes",),
    batches_fit_splits: ("evaluation",),
    factors_are_there: ("datasets",),
    factors_fit_the_grid: ("factors", "search"),
}
