"""A grid: datasets x models x axes x seeds, and how its runs are scored, selected and run.

Lists multiply; entries of `models` are chained. `load_grid` reads a file; in a program,
`Grid(datasets="dsprites", models=["vae", {"beta_vae": {"beta": [2, 4]}}], axes={...})` does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, ModelWrapValidatorHandler, PrivateAttr, model_validator
from pydantic_core import to_jsonable_python

from sweeper.grid.blocks.axes import Axes, merged
from sweeper.grid.blocks.dataset_entry import DatasetEntry
from sweeper.grid.blocks.factors import Factors
from sweeper.grid.blocks.model_entry import ModelEntry
from sweeper.grid.blocks.notify import Notify
from sweeper.grid.blocks.points import GridPoint, Groups
from sweeper.grid.blocks.seeds import Seed, Seeds
from sweeper.grid.blocks.settings import Budget, Evaluation, Price, Resources, Search, Select, Table
from sweeper.grid.blocks.use import Use
from sweeper.grid.syntax.fields import Block, Flag, Integer, OneOrMany, Range, Word
from sweeper.grid.syntax.names import Name
from sweeper.grid.syntax.yaml_tree import YamlMap
from sweeper.ids import canonical


@dataclass(frozen=True)
class GridSource:
    """Where a grid came from. file: its name in messages.  folder: relative paths start here.
    tree: the text with positions; empty for a grid made in a program.  text: as in a file."""

    file: str = "grid"
    folder: Path = Path()
    tree: YamlMap = field(default_factory=YamlMap)
    warnings: tuple[str, ...] = ()
    text: str = ""


class Grid(Block):
    """A requested sweep.

    use                             files and packages with models, networks, datasets, measures
    datasets, models, axes, seeds   the factors of the product
    factors                         what images are trained on: correlated, left out (`factors`)
    zip, exclude, include           paired axes, points left out, points added (`points`)
    evaluation, select              how runs are scored, and which one a table prints
    resources                       CPUs and GPUs of a training, retries
    experiment                      the MLflow experiment
    name                            the grid's name; the default is its file's name
    sharing                         runs that differ only in iterations share a training (default)
    fused                           how many trainings run as one program, at most; for a GPU
    keep_weights                    whose weights are kept: none, selected, winners, all
    price, budget                   cost of a GPU-hour; limits of a launch
    notify                          whom a launch notifies of its end, failures and budget
    search                          a search by Optuna instead of the full product
    table                           the table of the thesis that this grid is for"""

    use: Annotated[tuple[Use, ...], OneOrMany()] = ()  # first: it is loaded before the rest is read
    datasets: Annotated[tuple[DatasetEntry, ...], OneOrMany(drop_duplicates=False)]
    models: Annotated[tuple[ModelEntry, ...], OneOrMany(drop_duplicates=False)]
    axes: Axes
    seeds: Annotated[tuple[Seed, ...], Seeds()] = (0,)
    factors: Annotated[tuple[Factors, ...], OneOrMany(drop_duplicates=False)] = ()
    zip: Groups = ()
    exclude: Annotated[tuple[GridPoint, ...], OneOrMany(drop_duplicates=False)] = ()
    include: Annotated[tuple[GridPoint, ...], OneOrMany(drop_duplicates=False)] = ()
    evaluation: Evaluation = Evaluation()
    select: Select = Select()
    resources: Resources = Resources()
    experiment: Name = "sweeper"
    name: Name | None = None
    sharing: Flag = True
    fused: Annotated[Integer, Field(ge=2, le=64)] | None = None
    keep_weights: Annotated[Literal["none", "selected", "winners", "all"], Word] = "selected"
    price: Price | None = None
    budget: Budget | None = None
    notify: Notify | None = None
    search: Search | None = None
    table: Table | None = None

    _origin: GridSource = PrivateAttr(default_factory=GridSource)

    @model_validator(mode="wrap")
    @classmethod
    def _keep_text(cls, content: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        """A grid made in a program has a text too: launches store it, tables read it."""
        grid = validate(content)
        plain = to_jsonable_python(content, fallback=str)
        grid._origin = GridSource(text=yaml.safe_dump(plain, sort_keys=False))
        return grid

    @property
    def origin(self) -> GridSource:
        return self._origin

    @property
    def title(self) -> str:
        """The grid's name: the key `name`, or the file's name."""
        return self.name or Path(self._origin.file).stem

    def axes_of(self, entry: ModelEntry) -> dict[str, tuple[Any, ...] | Range]:
        """The axes of an entry of `models`: its own, then the grid's."""
        return merged(self.axes, entry.axes)

    def datasets_of(self, entry: ModelEntry) -> list[DatasetEntry]:
        """The datasets of an entry of `models`."""
        return [
            dataset
            for dataset in self.datasets
            if entry.datasets is None or dataset.name in entry.datasets
        ]

    def points(
        self, kind: Literal["exclude", "include"], entry: ModelEntry, dataset: str
    ) -> list[tuple[tuple[str | int, ...], Mapping[str, tuple[Any, ...]]]]:
        """(position, values) of each excluded or included point of an entry on a dataset."""
        place = {"model": entry.name, "dataset": dataset}
        found: list[tuple[tuple[str | int, ...], Mapping[str, tuple[Any, ...]]]] = []
        for index, point in enumerate(getattr(self, kind)):
            values = point.values()
            if all(place[name] in values.pop(name, (place[name],)) for name in place):
                found.append(((kind, index), values))
        where = ("models", self.models.index(entry), kind)
        found += [((*where, index), values) for index, values in enumerate(getattr(entry, kind))]
        return found

    def requested(self) -> dict[str, Any]:
        """The requested runs as JSON values, independent of the order of lists."""
        left_out = {"resources", "price", "budget", "notify", "name", "use"}
        plain: dict[str, Any] = self.model_dump(
            mode="json",
            by_alias=True,
            exclude=left_out,
            warnings=False,  # a range in a field that is declared as a list
        )
        for name in ("statistic", "milestone", "min_active"):  # not in grids of the first version
            if plain["select"][name] == Select.model_fields[name].default:
                del plain["select"][name]
        del plain["select"]["report"]  # changes no run
        return {key: _unordered(value) for key, value in _without_unused(plain).items()}


# Not in grids of the first version.
_ADDED_KEYS = ("zip", "exclude", "include", "tf32", "factors", "fused")


def _without_unused(block: dict[str, Any]) -> dict[str, Any]:
    """Keys that were added later are absent where they are not given, so that ids of old grids
    stay; the same in `axes` and in the entries of `models`."""
    kept = {k: v for k, v in block.items() if k not in _ADDED_KEYS or v not in ([], None)}
    if kept.get("axes"):
        kept["axes"] = _without_unused(kept["axes"])
    if "models" in kept:
        kept["models"] = [_without_unused(entry) for entry in kept["models"]]
    return kept


def _unordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unordered(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((_unordered(item) for item in value), key=canonical)
    return value
