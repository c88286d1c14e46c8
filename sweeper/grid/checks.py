"""How the parts of a grid fit together: what cannot work is refused here, with the reason.

Each check reads some top-level keys and is skipped where one of them is broken already."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from sweeper import words
from sweeper.errors import DatasetError, GridError, Problem
from sweeper.grid.axes import AUTO
from sweeper.grid.facts import Facts, facts_of
from sweeper.grid.fields import Range
from sweeper.grid.load import load
from sweeper.grid.model import Grid
from sweeper.grid.model_entry import Learned, ModelEntry
from sweeper.grid.places import trail, value_problem
from sweeper.grid.settings import ALL, LOSSES
from sweeper.yaml_source import join
from trainers.specs.measures import MEASURES
from trainers.specs.networks import NETWORKS

Found = Iterator[tuple[tuple[str | int, ...], str]]


def check(grid: Grid, *, broken: Collection[str] = (), following: bool = True) -> list[Problem]:
    """Every way in which the grid's parts do not fit together."""
    found: list[Problem] = []
    for function, reads in _CHECKS.items():
        if not set(reads) & set(broken):
            found += [problem(grid, loc, what) for loc, what in function(grid)]
    if following:
        found += [problem(grid, loc, what) for loc, what in learned_values(grid)]
    return found


def problem(grid: Grid, loc: tuple[str | int, ...], what: str) -> Problem:
    """A problem at a place of the grid; without a file, only the key path tells where."""
    if grid.origin.tree:
        nodes, _ = trail(grid.origin.tree, loc)
        return value_problem(nodes[-1], grid.origin.file, what)
    path = ""
    for part in loc:
        path = join(path, part)
    return Problem(grid.origin.file, 0, 0, path, what)


def iterations_are_given(grid: Grid) -> Found:
    """Without iterations nothing is asked for."""
    for index, entry in enumerate(grid.models):
        if "iterations" not in grid.axes_of(entry):
            own = ("models", index, "axes") if entry.axes is not None else ("axes",)
            yield own, "has no iterations; say after how many a training is scored."
            return


def restrictions_are_asked(grid: Grid) -> Found:
    """An entry's datasets are among the grid's."""
    names = [dataset.name for dataset in grid.datasets]
    for index, entry in enumerate(grid.models):
        for position, name in enumerate(entry.datasets or ()):
            if name not in names:
                what = f"{words.shown(name)} is not among the grid's datasets. {words.known(names)}"
                yield ("models", index, "datasets", position), what


def selection_is_measured(grid: Grid) -> Found:
    """What runs are selected by is scored."""
    by, measures = grid.select.by, grid.evaluation.measures
    if by not in LOSSES and by not in measures and ALL not in measures:
        yield ("select", "by"), f"{by} is not among evaluation.measures; add it there."


def split_leaves_images(grid: Grid) -> Found:
    """Every split that is asked for has images."""
    evaluation = grid.evaluation
    if evaluation.split.validation + evaluation.test_fraction >= 1:
        yield ("evaluation", "split"), "leaves no images to train on."
    if evaluation.report == "test" and evaluation.test_fraction == 0:
        yield ("evaluation", "report"), "needs a test split; set evaluation.split.test above 0."


def money_is_countable(grid: Grid) -> Found:
    """A budget needs a price."""
    if grid.budget is not None and grid.price is None:
        yield ("budget",), "has no effect without `price`, the money that a GPU-hour costs."


def gpus_are_whole(grid: Grid) -> Found:
    """Clusters share one GPU among trainings, or give whole ones."""
    gpu = grid.resources.gpu
    if gpu is not None and gpu > 1 and gpu != int(gpu):
        yield ("resources", "gpu"), "must be a whole number above 1, or a share of 1."


def ranges_are_searched(grid: Grid) -> Found:
    """Ranges need a search; a search of several directions cannot be pruned."""
    if grid.search is not None:
        directions = grid.search.directions or {}
        if len(directions) > 1 and grid.search.pruner != "none":
            yield ("search", "pruner"), "must be none where a search has several directions."
        return
    what = "is a range, which needs a `search` block; or give a list of values."
    for index, entry in enumerate(grid.models):
        for name, values in entry.params.items():
            if isinstance(values, Range):
                yield ("models", index, "params", name), what
        for name in _ranges(entry.axes):
            yield ("models", index, "axes", name), what
    for name in _ranges(grid.axes):
        yield ("axes", name), what


def datasets_can_be_measured(grid: Grid) -> Found:
    """A measure that intervenes on factors needs every combination of them."""
    for index, facts in _facts(grid):
        if isinstance(facts, str):
            yield ("datasets", index), facts
            continue
        for name in grid.evaluation.measures:
            if name != ALL and not _allows(facts, name):
                yield (
                    ("datasets", index),
                    f"{facts.name} has no grid of factors, and the measure {name} intervenes on "
                    "factors; ask for it in a grid of its own, without this measure.",
                )


def networks_fit_images(grid: Grid) -> Found:
    """A network is made for certain image sizes."""
    for facts, where, axes in _trained(grid):
        for name in axes["network"]:
            sizes = NETWORKS[facts.network if name == AUTO else name].sizes
            height, width = facts.image_CHW[1:]
            if sizes and (height not in sizes or height != width):
                made_for = " or ".join(f"{size}x{size}" for size in sizes)
                yield (
                    (*where, "network"),
                    f"{name} is made for {made_for} pixels, {facts.name} has {height}x{width}.",
                )


def batches_fit_splits(grid: Grid) -> Found:
    """A batch is drawn from the training split without repetition."""
    evaluation = grid.evaluation
    kept = 1 - evaluation.split.validation - evaluation.test_fraction
    for facts, where, axes in _trained(grid):
        sizes, most = axes["batch_size"], int(facts.num_images * kept)
        largest = sizes.high if isinstance(sizes, Range) else max(sizes)
        if largest > most:
            yield (
                (*where, "batch_size"),
                f"{largest:g} is larger than the training split of {facts.name}: {most} images.",
            )


def learned_values(grid: Grid) -> Found:
    """A learned value comes from a grid that asks for that model on the same datasets."""
    for index, entry in enumerate(grid.models):
        for name, values in entry.params.items():
            for value in () if isinstance(values, Range) else values:
                if isinstance(value, Learned):
                    what = _not_learned(grid, entry, value)
                    if what:
                        yield ("models", index, "params", name), what


def allowed_measures(grid: Grid, facts: Facts) -> tuple[str, ...]:
    """The measures that are scored on a dataset; `all` means all that it allows."""
    if ALL in grid.evaluation.measures:
        return tuple(name for name in MEASURES if _allows(facts, name))
    return grid.evaluation.measures


def _allows(facts: Facts, measure: str) -> bool:
    return facts.factor_grid or MEASURES[measure].needs != "factor grid"


def _ranges(axes: Any) -> list[str]:
    names = () if axes is None else type(axes).model_fields
    return [name for name in names if isinstance(getattr(axes, name), Range)]


def _facts(grid: Grid) -> Iterator[tuple[int, Facts | str]]:
    """The facts of each dataset, or why there are none."""
    for index, entry in enumerate(grid.datasets):
        try:
            yield index, facts_of(entry, grid.origin.folder)
        except DatasetError as error:
            yield index, str(error)


def _trained(grid: Grid) -> Iterator[tuple[Facts, tuple[str | int, ...], dict[str, Any]]]:
    """Each dataset with each entry's axes, and where the entry's axes are written; once each."""
    facts = {index: known for index, known in _facts(grid) if isinstance(known, Facts)}
    seen = set()
    for position, entry in enumerate(grid.models):
        where: tuple[str | int, ...] = ("axes",)
        if entry.axes is not None:
            where = ("models", position, "axes")
        for index, known in facts.items():
            if grid.datasets[index] in grid.datasets_of(entry) and (index, where) not in seen:
                seen.add((index, where))
                yield known, where, grid.axes_of(entry)


def _not_learned(grid: Grid, entry: ModelEntry, learned: Learned) -> str | None:
    """Why a value cannot have been learned there, if it cannot."""
    path: Path = grid.origin.folder / learned.from_
    try:
        other = load(Grid, path, following=False)
    except GridError as error:
        return f"comes from a grid that cannot be used: {error.problems[0]}"
    entries = [asked for asked in other.models if asked.name == learned.model]
    if not entries:
        names = list(dict.fromkeys(asked.name for asked in other.models))
        return (
            f"comes from {learned.model}, which {learned.from_} does not ask for. "
            + words.known(names)
        )
    there = {dataset.name for asked in entries for dataset in other.datasets_of(asked)}
    missing = [dataset.name for dataset in grid.datasets_of(entry) if dataset.name not in there]
    if missing:
        return f"comes from {learned.from_}, which has no {', '.join(missing)}."
    if learned.select not in LOSSES and learned.select not in MEASURES:
        return (
            f"is selected by {learned.select}, which {words.unknown(learned.select, [*MEASURES])}"
        )
    return None


_CHECKS: dict[Callable[[Grid], Found], tuple[str, ...]] = {
    iterations_are_given: ("axes", "models"),
    restrictions_are_asked: ("datasets",),
    selection_is_measured: ("select", "evaluation"),
    split_leaves_images: ("evaluation",),
    money_is_countable: ("price",),
    gpus_are_whole: (),
    ranges_are_searched: ("search",),
    datasets_can_be_measured: (),
    networks_fit_images: (),
    batches_fit_splits: ("evaluation",),
}
