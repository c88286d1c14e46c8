"""Checks that a grid's measures, networks and batch sizes fit its datasets."""

from collections.abc import Iterator
from typing import Any

from sweeper.errors import DatasetError
from sweeper.grid.blocks.axes import AUTO
from sweeper.grid.blocks.dataset_facts import DatasetFacts, facts_of
from sweeper.grid.blocks.definition import Grid
from sweeper.grid.blocks.settings import BETWEEN_SEEDS, GROUPS
from sweeper.grid.syntax.fields import Range
from trainers.specs.datasets import DATASETS
from trainers.specs.measures import MEASURES, with_companions
from trainers.specs.networks import NETWORKS

Findings = Iterator[tuple[tuple[str | int, ...], str]]


def datasets_can_be_measured(grid: Grid) -> Findings:
    """A measure needs a dataset with factors, or with every combination of them."""
    for index, facts in _facts(grid):
        if isinstance(facts, str):
            yield ("datasets", index), facts
            continue
        for name in _needed(grid):
            if not _allows(facts, name):
                yield ("datasets", index), _not_measured(facts, name)
        if not facts.has_factors and not allowed_measures(grid, facts):
            what = f"needs the factors of {facts.name}, whose file has none"
            yield ("evaluation", "measures"), f"{what}; {_without_factors()}."


def _not_measured(facts: DatasetFacts, measure: str) -> str:
    if facts.has_factors:
        return (
            f"{facts.name} has no grid of factors, but the measure {measure} intervenes on "
            "factors; put the dataset into another grid without this measure."
        )
    return (
        f"{facts.name} has no array `factors`, which the measure {measure} needs; "
        f"{_without_factors()}, and select by one of them or by udr."
    )


def _without_factors() -> str:
    names = [name for name, spec in MEASURES.items() if spec.needs == "latents"]
    return f"name measures that need latents only ({', '.join(names)})"


def latent_sizes_are_known(grid: Grid) -> Findings:
    """The latent size is by default the number of factors."""
    for facts, where, axes in _trained(grid):
        sizes = axes["latent_dim"]
        if not facts.has_factors and not isinstance(sizes, Range) and AUTO in sizes:
            what = f"{AUTO} is the number of factors, and the file of {facts.name} has none"
            yield (*where, "latent_dim"), f"{what}; give a number."


def _needed(grid: Grid) -> list[str]:
    """Measures that are needed: those named, and those of `select` and `search`."""
    directions = grid.search.directions if grid.search else None
    names = [*grid.evaluation.measures, grid.select.by, *(directions or ())]
    return [name for name in dict.fromkeys(names) if name in MEASURES]


def selection_warnings(grid: Grid) -> list[str]:
    """A warning for each measure to select by in which pure noise scores high; one where the
    weights that a training keeps need not be those of the selected milestone."""
    directions = tuple((grid.search.directions if grid.search else None) or (grid.select.by,))
    companions = {name: MEASURES[name].companion for name in directions if name in MEASURES}
    found = [
        f"selects by {name} alone, in which pure noise scores high; read {companion} next to it, "
        "or select by another measure."
        for name, companion in companions.items()
        if companion and companion not in directions
    ]
    if grid.select.by in BETWEEN_SEEDS and grid.select.milestone != "last":
        if grid.keep_weights == "selected":
            found.append(
                f"during a training it is not known which of its milestones {grid.select.by} "
                "will select, so each keeps the weights of its last one; `keep_weights: all` "
                "keeps all, and `select: {milestone: last}` selects among the last ones."
            )
    return found


def networks_fit_images(grid: Grid) -> Findings:
    """A network supports certain image sizes."""
    for facts, where, axes in _trained(grid):
        for asked in axes["network"]:
            name = facts.network if asked == AUTO else asked
            height, width = facts.image_CHW[1:]
            if not NETWORKS[name].takes(height, width):
                made_for = " or ".join(f"{size}x{size}" for size in NETWORKS[name].sizes)
                yield (
                    (*where, "network"),
                    f"{name} supports {made_for} pixels, but {facts.name} has {height}x{width}.",
                )


def values_fit_reconstruction(grid: Grid) -> Findings:
    """mse and bernoulli compare a sigmoid with values in [0, 1]."""
    for facts, where, axes in _trained(grid):
        spec = DATASETS.get(facts.name)
        wrong = [name for name in axes["reconstruction"] if name != "gaussian"]
        if spec is not None and spec.values == "real" and wrong:
            what = f"{wrong[0]} is not defined for {facts.name}, which has values outside [0, 1]"
            yield (*where, "reconstruction"), f"{what}; write `reconstruction: gaussian`."


def batches_fit_splits(grid: Grid) -> Findings:
    """A batch is drawn from the training split without replacement."""
    evaluation = grid.evaluation
    kept = 1 - evaluation.split.validation - evaluation.test_fraction
    for facts, where, axes in _trained(grid):
        sizes, most = axes["batch_size"], int(facts.num_images * kept)
        largest = sizes.high if isinstance(sizes, Range) else max(sizes)
        if largest > most:
            yield (
                (*where, "batch_size"),
                f"a batch of {largest:g} is larger than the training split of {facts.name}: {most} "
                "images.",
            )


def allowed_measures(grid: Grid, facts: DatasetFacts) -> tuple[str, ...]:
    """The measures that are scored on a dataset; of a group, those that the dataset allows. A
    measure that is not shown alone brings its companion."""
    named = with_companions(grid.evaluation.measures)
    grouped = {name for group in named for name in GROUPS.get(group, ()) if _allows(facts, name)}
    return tuple(name for name in MEASURES if name in grouped or name in named)


def _allows(facts: DatasetFacts, measure: str) -> bool:
    needs = MEASURES[measure].needs
    if not facts.has_factors:
        return needs == "latents"
    return facts.factor_grid or needs != "factor grid"


def _facts(grid: Grid) -> Iterator[tuple[int, DatasetFacts | str]]:
    """The facts of each dataset, or an error."""
    for index, entry in enumerate(grid.datasets):
        try:
            yield index, facts_of(entry, grid.origin.folder)
        except DatasetError as error:
            yield index, str(error)


def _trained(grid: Grid) -> Iterator[tuple[DatasetFacts, tuple[str | int, ...], dict[str, Any]]]:
    """Each dataset with each entry's axes and their position; once each."""
    facts = {index: known for index, known in _facts(grid) if isinstance(known, DatasetFacts)}
    seen = set()
    for position, entry in enumerate(grid.models):
        where: tuple[str | int, ...] = ("axes",)
        if entry.axes is not None:
            where = ("models", position, "axes")
        for index, known in facts.items():
            if grid.datasets[index] in grid.datasets_of(entry) and (index, where) not in seen:
                seen.add((index, where))
                yield known, where, grid.axes_of(entry)
    for entry in grid.models:
        for index, known in facts.items():
            if grid.datasets[index] in grid.datasets_of(entry):
                for where, values in grid.points("include", entry, known.name):
                    if (index, where) not in seen:
                        seen.add((index, where))
                        yield known, where, {**grid.axes_of(entry), **values}
