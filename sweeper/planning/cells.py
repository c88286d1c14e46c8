"""Expands a grid to its cells: each is a run as one entry of `models` asks for it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sweeper import messages
from sweeper.errors import GridError, UsageError
from sweeper.grid import Grid, Learned, ModelEntry, load_grid
from sweeper.grid.blocks.axes import AUTO
from sweeper.grid.blocks.dataset_entry import DatasetEntry
from sweeper.grid.blocks.dataset_facts import DatasetFacts, facts_of
from sweeper.grid.checks.consistency import check, problem
from sweeper.grid.checks.data import allowed_measures
from sweeper.ids import id_of, run_id, training_id
from sweeper.planning.points import max_points, points_of
from sweeper.planning.scoring import evaluation_of, scaled_milestones
from trainers.config import TrainingConfig
from trainers.factor_splits import FactorSplit
from trainers.specs.datasets import DATASETS
from trainers.specs.models import MODEL_ALIASES, MODELS, canonical_model
from trainers.specs.own import code_digests

MAX_RUNS = 200_000

ResolveLearned = Callable[[Learned, str], float | None]
UseSynthetic = Callable[[str], bool]
NeedsSecondModel = Callable[[Sequence[str]], bool | None]


@dataclass(frozen=True, slots=True)
class Cell:
    """A run as requested.

    label: the model as the grid names it; `beta_vae` with beta 1 is stored as the model `vae`.
    config: the training, with every milestone that its entry asks for.  unresolved: learned values
    that are not known yet; the ids of such a cell are placeholders that begin with 'waiting-'."""

    run_id: str
    training_id: str
    label: str
    iterations: int
    config: TrainingConfig
    unresolved: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The cell as `plan.json` holds it."""
        head = {"run_id": self.run_id, "training_id": self.training_id, "label": self.label}
        identity = {"dataset_name": self.config.dataset, **self.config.identity()}
        identity["dataset"] = identity.pop("dataset_name")
        return {**head, **identity, "iterations": self.iterations, "waiting": list(self.unresolved)}


@dataclass(frozen=True)
class ExpansionOptions:
    """How a grid is expanded: see `plan.make_plan`."""

    scale: float = 1.0
    points: int | None = None
    use_synthetic: UseSynthetic | None = None
    resolve: ResolveLearned | None = None
    needs_second_model: NeedsSecondModel | None = None


DEFAULT_OPTIONS = ExpansionOptions()


def expand(grid: Grid, options: ExpansionOptions = DEFAULT_OPTIONS) -> tuple[list[Cell], list[str]]:
    """Every distinct cell that a grid asks for, and warnings. Raises GridError, UsageError."""
    if grid.search is not None:
        raise UsageError(f"{grid.origin.file}: a search has no cells before it runs.")
    _check_grid(grid)
    cells: dict[tuple[str, str], Cell] = {}
    warnings: list[str] = []
    doubles = 0
    for entry, dataset in requested_pairs(grid):
        maker = CellBuilder(grid, entry, dataset, options)
        warnings += maker.warnings
        for cell in maker.product():
            key = (cell.label, cell.run_id)
            doubles += key in cells
            cells.setdefault(key, cell)
    if doubles:
        warnings.append(
            f"{messages.counted(doubles, 'run')} asked for twice under one name; run once."
        )
    return list(cells.values()), list(dict.fromkeys(warnings))


def requested_pairs(grid: Grid) -> Iterator[tuple[ModelEntry, DatasetEntry]]:
    """Entries of `models` with each dataset that they are asked for on; datasets are outermost."""
    for dataset in grid.datasets:
        for entry in grid.models:
            if dataset in grid.datasets_of(entry):
                yield entry, dataset


class CellBuilder:
    """Makes the cells of one entry of `models` on one dataset."""

    def __init__(
        self, grid: Grid, entry: ModelEntry, dataset: DatasetEntry, options: ExpansionOptions
    ) -> None:
        self.grid, self.entry, self.dataset = grid, entry, dataset
        self.resolve, self.needs_second_model = options.resolve, options.needs_second_model
        self.alias = MODEL_ALIASES.get(entry.name)
        self.model = self.alias.first if self.alias else entry.name
        self.facts = facts_of(dataset, grid.origin.folder)
        self.source = _source(dataset, self.facts, options.use_synthetic)
        self.axes = grid.axes_of(entry)
        asked = self.axes.pop("iterations")
        assert isinstance(asked, tuple)
        self.milestones, merged = scaled_milestones(asked, options.scale)
        self.evaluation, fewer = evaluation_of(
            grid.evaluation, dataset.name, self.facts, options.scale, options.points
        )
        self.warnings = [*merged, *fewer]
        self.measures = allowed_measures(grid, self.facts)
        self.data_dir = self._data_dir()

    def product(self) -> Iterator[Cell]:
        """Every point of the entry's parameters, axes and seeds."""
        axes: dict[str, Any] = {**self.entry.params, **self.axes, "seed": self.grid.seeds}
        axes |= {"factors": self.grid.factors} if self.grid.factors else {}
        points = points_of(self.grid, self.entry, self.dataset.name, axes)
        yield from self._of_points(points)

    def cells(self, point: Mapping[str, Any]) -> Iterator[Cell]:
        """The cells of one point: values for the entry's parameters, axes and seed."""
        return self._of_points([point])

    def _of_points(self, points: Iterable[Mapping[str, Any]]) -> Iterator[Cell]:
        """An alias is decided once, over all of these points."""
        if self.alias is None or self.needs_second_model is None:
            return self._cells_as(self.model, points)
        points = list(points)
        first = list(self._cells_as(self.model, points))
        if self.needs_second_model(tuple(cell.run_id for cell in first)):
            return self._cells_as(self.alias.then, points)
        return iter(first)

    def _cells_as(self, model: str, points: Iterable[Mapping[str, Any]]) -> Iterator[Cell]:
        for point in points:
            yield from self._cells_of(*self._config(model, point))

    def _cells_of(self, config: TrainingConfig, unresolved: tuple[str, ...]) -> Iterator[Cell]:
        identity = config.identity()
        mark = "waiting-" if unresolved else ""
        shared = mark + training_id(identity)
        for iterations in self.milestones:
            own = shared if self.grid.sharing else mark + training_id(identity, iterations)
            run = mark + run_id(identity, iterations)
            yield Cell(run, own, self.entry.name, iterations, config, unresolved)

    def _config(
        self, name: str, point: Mapping[str, Any]
    ) -> tuple[TrainingConfig, tuple[str, ...]]:
        params, unresolved = self._params(name, point)
        model, params = canonical_model(name, params)
        latent_dim, network = point["latent_dim"], point["network"]
        network = self.facts.network if network == AUTO else network
        config = TrainingConfig(
            dataset=self.dataset.name,
            source=self.source,
            path=self.facts.path,
            digest=self.facts.digest,
            data_dir=self.data_dir,
            model=model,
            params=params,
            network=network,
            latent_dim=self.facts.latent_dim if latent_dim == AUTO else latent_dim,
            batch_size=point["batch_size"],
            learning_rate=point["learning_rate"],
            seed=point["seed"],
            reconstruction=point["reconstruction"],
            precision=point["precision"],
            evaluation=self.evaluation,
            milestones=self.milestones,
            measures=self.measures,
            record_every=self.grid.evaluation.record_every,
            code=code_digests(
                model=model, network=network, dataset=self.dataset.name, source=self.source
            ),
            factors=self._factors(point),
            fused=self.grid.fused is not None,
        )
        return config, unresolved

    def _factors(self, point: Mapping[str, Any]) -> FactorSplit:
        """A search has one distribution over factors, which is no axis of its space."""
        first = self.grid.factors[0] if self.grid.factors else None
        asked = point.get("factors", first)
        return FactorSplit() if asked is None else asked.split

    def _params(
        self, name: str, point: Mapping[str, Any]
    ) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Every parameter of the model, and the learned ones among them that are not known."""
        params, unresolved = MODELS[name].defaults(), []
        for param in MODELS[name].params:
            value = point.get(param.name, param.default)
            if isinstance(value, Learned):
                found = self.resolve(value, self.dataset.name) if self.resolve else None
                if found is None:
                    unresolved.append(f"{param.name}: {value}")
                    value = f"waiting for {id_of(value.model_dump(mode='json'))}"
                else:
                    digits = 15 if value.digits is None else value.digits
                    value = param.parse(round(found, digits))
            params[param.name] = value
        return params, tuple(unresolved)

    def _data_dir(self) -> str | None:
        """Absolute, since a worker has another working folder."""
        given = self.dataset.data
        return None if given is None else str((self.grid.origin.folder / given).resolve())


def count_cells(grid: Grid) -> int:
    """How many cells a grid multiplies out to, without making them."""
    total = 0
    for entry, dataset in requested_pairs(grid):
        axes = {**entry.params, **grid.axes_of(entry), "seed": grid.seeds}
        axes |= {"factors": grid.factors} if grid.factors else {}
        lists = {name: axis for name, axis in axes.items() if isinstance(axis, tuple)}
        total += max_points(grid, entry, dataset.name, lists)
    return total


def _check_grid(grid: Grid) -> None:
    problems = (
        []
        if grid.origin.tree
        else check(grid, read_grid=partial(load_grid, check_references=False))
    )
    if not problems and count_cells(grid) > MAX_RUNS:
        what = f"multiply out to {count_cells(grid):,} runs; {MAX_RUNS:,} are the most."
        problems = [problem(grid, ("axes",), what)]
    if problems:
        raise GridError(problems)


def _source(dataset: DatasetEntry, facts: DatasetFacts, use_synthetic: UseSynthetic | None) -> str:
    source = dataset.source or facts.source
    known = DATASETS[dataset.name].sources if dataset.name in DATASETS else ()
    if source == "published" and "synthetic" in known and use_synthetic is not None:
        return "synthetic" if use_synthetic(dataset.name) else source
    return source
