"""The blocks of a grid other than axes: evaluation, selection, resources, search."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from sweeper import messages
from sweeper.grid.blocks.slurm import Slurm
from sweeper.grid.blocks.use import brought_by_package
from sweeper.grid.syntax import scalars
from sweeper.grid.syntax.fields import Block, Integer, OneOrMany, Real, Text, Word
from trainers.specs.measures import DEFAULT_MEASURES, MEASURES, lower_is_better

ALL = "all"
THESIS = "thesis"  # the measures that the thesis reports
GROUPS: dict[str, tuple[str, ...]] = {THESIS: DEFAULT_MEASURES, ALL: tuple(MEASURES)}
LOSSES = ("valid/recon", "valid/kl")
BETWEEN_SEEDS = ("udr", "udr_spearman")  # scores that compare the seeds of a configuration
TABLES = ("6.1", "6.2", "7.1", "7.2", "7.3", "7.4")

Fraction = Annotated[Real, Field(ge=0, lt=1)]
Seconds = Annotated[Real, Field(gt=0)]
Positive = Annotated[Real, Field(gt=0)]
Sampler = Literal["tpe", "gp", "random", "nsga2", "cmaes", "qmc"]
Pruner = Literal["none", "asha", "hyperband", "median"]


def _measure(name: str) -> str:
    if name not in GROUPS and name not in MEASURES and not brought_by_package("measure", name):
        raise ValueError(messages.unknown(name, [*GROUPS, *MEASURES]))
    return name


def _metric(name: str) -> str:
    if name not in MEASURES and name not in LOSSES and not brought_by_package("measure", name):
        raise ValueError(messages.unknown(name, [*MEASURES, *LOSSES]))
    return name


def _selecting(name: str) -> str:
    if name in BETWEEN_SEEDS:
        return name
    if name not in MEASURES and name not in LOSSES and not brought_by_package("measure", name):
        raise ValueError(messages.unknown(name, [*MEASURES, *LOSSES, *BETWEEN_SEEDS]))
    return name


def _table(name: str) -> str:
    if name not in TABLES:
        raise ValueError(messages.unknown(name, TABLES))
    return name


def _is_scalar(value: Any) -> bool:
    """Whether a value is a scalar instead of a block."""
    return not isinstance(value, Mapping) and not scalars.is_empty(value)


def _directions(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not value:
        raise ValueError("must name metrics, as in {cbd: max, valid/recon: min}.")
    for metric, mode in value.items():
        _metric(scalars.text(metric))
        if mode not in ("max", "min"):
            raise ValueError(
                f"has {messages.quoted(str(mode))} for {metric}; it must be max or min."
            )
    return {str(metric): str(mode) for metric, mode in value.items()}


Measure = Annotated[
    Text,
    AfterValidator(_measure),
    Field(json_schema_extra=lambda schema: schema.update(enum=[*GROUPS, *MEASURES])),
]
Metric = Annotated[
    Text,
    AfterValidator(_metric),
    Field(json_schema_extra=lambda schema: schema.update(enum=[*MEASURES, *LOSSES])),
]
Selecting = Annotated[
    Text,
    AfterValidator(_selecting),
    Field(
        json_schema_extra=lambda schema: schema.update(enum=[*MEASURES, *LOSSES, *BETWEEN_SEEDS])
    ),
]
Table = Annotated[Text, AfterValidator(_table), Field(json_schema_extra={"enum": list(TABLES)})]
Mode = Annotated[Literal["max", "min"], Word]


class Split(Block):
    """The seeded split of each dataset. test: None means 0.1 with `report: test`, else 0.

    validation: 0 scores the images that are trained on, as Locatello et al. (2019) do."""

    seed: Annotated[Integer, Field(ge=0)] = 0
    validation: Fraction = 0.1
    test: Fraction | None = None


class Evaluation(Block):
    """How milestones are scored.

    protocol: which definitions of the measures.  measures: names; `thesis` stands for those that
    the thesis reports, `all` for every one that the dataset allows.  num_points: the number of
    images of a split that measures use, at most.  alpha: the weight of compactness in CbD.
    report: the split whose numbers tables print; runs are always selected on validation.
    record_every: iterations between two records of losses and weights."""

    protocol: Annotated[Literal["thesis", "locatello"], Word] = "thesis"
    measures: Annotated[tuple[Measure, ...], OneOrMany()] = (THESIS,)
    num_points: Annotated[Integer, Field(ge=10)] = 10_000
    alpha: Annotated[Real, Field(ge=0, le=1)] = 0.5
    split: Split = Split()
    report: Annotated[Literal["validation", "test"], Word] = "validation"
    record_every: Annotated[Integer, Field(ge=1)] = 10

    @property
    def test_fraction(self) -> float:
        """The fraction of each dataset that is held out from selection too."""
        default = 0.1 if self.report == "test" else 0.0
        return default if self.split.test is None else self.split.test


class Select(Block):
    """Which run represents a model in a table (`sweeper.analysis.rule` states the whole rule).

    by: a score; `udr` and `udr_spearman` need no labels, but two seeds or more.
    mode: None means min where less is better, else max.  statistic: of the score over seeds.
    milestone: `best` treats the number of iterations as a setting, `last` uses only the longest.
    min_active: runs with fewer active latents are not candidates; 0 admits all.
    report: `held_out_seeds` prints scores on seeds that did not choose, `all_seeds` on those that
    did; None means the first, and the second in a grid for a table of the thesis."""

    by: Selecting = "cbd"
    mode: Mode | None = None
    statistic: Annotated[Literal["mean", "median"], Word] = "mean"
    milestone: Annotated[Literal["best", "last"], Word] = "best"
    min_active: Annotated[Integer, Field(ge=0)] = 1
    report: Annotated[Literal["held_out_seeds", "all_seeds"], Word] | None = None

    @property
    def direction(self) -> str:
        """'max' or 'min'."""
        return self.mode or ("min" if lower_is_better(self.by) else "max")


class Resources(Block):
    """CPUs and GPUs of one training, and its retries.

    cpu, gpu: per training; gpu None means a share if there is any GPU.  max_failures: retries of
    a training in a row without progress.  max_failures_alike: this number of first
    trainings that all fail alike ends the launch; 0 for never.  checkpoint_every_s: seconds between
    checkpoints.
    keep_checkpoints: of a finished training whose runs are in MLflow: none, the last, or all that
    it has (two); auto is the last while those of the grid take at most 10 GB.
    max_concurrent: trainings at a time; None means as many as fit.  slurm: of a batch job."""

    cpu: Annotated[Real, Field(gt=0)] = 1.0
    gpu: Annotated[Real, Field(ge=0)] | None = None
    max_failures: Annotated[Integer, Field(ge=0)] = 2
    max_failures_alike: Annotated[Integer, Field(ge=0)] = 5
    checkpoint_every_s: Seconds = 300.0
    keep_checkpoints: Annotated[Literal["auto", "none", "last", "all"], Word] = "auto"
    max_concurrent: Annotated[Integer, Field(ge=1)] | None = None
    slurm: Slurm | None = None


class Search(Block):
    """A search by Optuna instead of the full product: ranges are allowed, and `trainings` is the
    number of trials per dataset.

    directions: {metric: max|min}; two make a Pareto search; None means `select`.
    pruner: stops a training at a milestone where it is worse than the others so far."""

    sampler: Annotated[Sampler, Word] = "tpe"
    trainings: Annotated[Integer, Field(ge=1, le=100_000)] = 20
    pruner: Annotated[Pruner, Word] = "none"
    seed: Annotated[Integer, Field(ge=0, lt=2**32)] = 0
    directions: Annotated[dict[str, Mode], BeforeValidator(_directions)] | None = None


class Price(Block):
    """Cost of a GPU-hour: `2.5`, or separate prices on demand and for a spot machine."""

    on_demand: Positive
    spot: Positive | None = None

    @classmethod
    def normalised(cls, value: Any) -> Mapping[str, Any]:
        return {"on_demand": value} if _is_scalar(value) else super().normalised(value)

    def per_gpu_hour(self, spot: bool) -> float:
        """Cost of a GPU-hour; the price of spot machines defaults to the other one."""
        return self.spot if spot and self.spot is not None else self.on_demand


class Budget(Block):
    """Limits for all launches of a grid together; a number alone is money.

    gpu_hours: hours of training times GPUs.  money: their cost at the grid's price.  hours: wall
    time of the launches."""

    gpu_hours: Positive | None = None
    money: Positive | None = None
    hours: Positive | None = None

    @classmethod
    def normalised(cls, value: Any) -> Mapping[str, Any]:
        return {"money": value} if _is_scalar(value) else super().normalised(value)

    @model_validator(mode="after")
    def _limits_something(self) -> "Budget":
        if self.gpu_hours is None and self.money is None and self.hours is None:
            raise ValueError("limits nothing; give gpu_hours, money or hours.")
        return self
