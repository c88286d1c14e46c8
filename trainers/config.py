"""One training, told completely: what it is (its identity) and how it is to be run.

Standard library only, so that a planner can make thousands of these in milliseconds."""

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from trainers.errors import ConfigError
from trainers.specs.datasets import DATASETS
from trainers.specs.measures import MEASURES, PROTOCOLS
from trainers.specs.models import MODELS, canonical_model, complete_params
from trainers.specs.networks import NETWORKS
from trainers.specs.parameters import Param, Value

RECONSTRUCTIONS = ("mse", "bernoulli")
PRECISIONS = ("fp32", "bf16")
FILE_SOURCE = "file"  # the source of a dataset of the user's own
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Evaluation:
    """What changes the numbers of a milestone, whatever was trained.

    protocol: 'thesis' or 'locatello'.  num_points: measures see at most so many images of a split.
    alpha: the weight of compactness in CbD.  split_seed, validation_fraction, test_fraction: the
    seeded split of the dataset; with a test fraction above 0 every milestone is scored on that
    split too."""

    protocol: str = "thesis"
    num_points: int = 10_000
    alpha: float = 0.5
    split_seed: int = 0
    validation_fraction: float = 0.1
    test_fraction: float = 0.0

    def num_training(self, num_images: int) -> int:
        """How many images of a dataset remain for training."""
        held_out = (self.validation_fraction, self.test_fraction)
        return num_images - sum(int(num_images * fraction) for fraction in held_out)


@dataclass(frozen=True)
class TrainingConfig:
    """One optimisation and the milestones at which it is scored.

    The identity is everything up to `evaluation`, as `identity()` gives it. What follows changes
    no number of any milestone.

    dataset, source: a name of `specs.datasets` and one of its sources; or, for a file of the
    user's own, any name, the source 'file', `path`, and `digest`, the SHA-256 of the file's bytes.
    The identity then holds `custom:DIGEST` in place of the name, so that neither the file's place
    nor the name given to it matters, and a changed file is another dataset.
    model, params: canonical, with every parameter of the model, typed (`typed_params`).
    latent_dim, batch_size: at least 1.  learning_rate: above 0.
    milestones: iterations at which to score, rising.  measures: None means every measure.
    record_every: losses and weights are recorded at every so many iterations.
    data_dir: where prepared datasets lie; None means the default place."""

    dataset: str
    source: str
    model: str
    params: Mapping[str, Value]
    network: str
    latent_dim: int
    batch_size: int
    learning_rate: float
    seed: int = 0
    reconstruction: str = "mse"
    precision: str = "fp32"
    digest: str | None = None
    evaluation: Evaluation = field(default_factory=Evaluation)
    milestones: tuple[int, ...] = ()
    measures: tuple[str, ...] | None = None
    record_every: int = 10
    data_dir: str | None = None
    path: str | None = None

    def identity(self) -> dict[str, Any]:
        """What two trainings share if and only if they are one, as plain JSON values."""
        return {
            "dataset": self.dataset if self.digest is None else f"custom:{self.digest}",
            "source": self.source,
            "model": self.model,
            "params": dict(self.params),
            "network": self.network,
            "latent_dim": self.latent_dim,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "seed": self.seed,
            "reconstruction": self.reconstruction,
            "precision": self.precision,
            "evaluation": dict(vars(self.evaluation)),
        }

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `from_dict` gives an equal configuration back."""
        plain = asdict(self)
        plain["params"] = dict(self.params)
        plain["milestones"] = list(self.milestones)
        plain["measures"] = None if self.measures is None else list(self.measures)
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "TrainingConfig":
        """A checked configuration. Model parameters left out take their defaults.

        Raises ConfigError, which tells every mistake, one a line."""
        unknown = sorted(set(plain) - {item.name for item in fields(cls)})
        if unknown:
            raise ConfigError(f"unknown keys: {', '.join(map(str, unknown))}")
        values = dict(plain)
        try:
            values["evaluation"] = Evaluation(**values.get("evaluation", {}))
            values["milestones"] = tuple(values.get("milestones", ()))
            measures = values.get("measures")
            values["measures"] = None if measures is None else tuple(measures)
            config = cls(**values)
        except TypeError as error:
            raise ConfigError(f"not a training configuration: {error}") from None
        return config.checked()

    def checked(self) -> "TrainingConfig":
        """This configuration in canonical form. Raises ConfigError with every mistake."""
        mistakes = problems(self)
        if mistakes:
            raise ConfigError("\n".join(mistakes))
        model, params = canonical_model(self.model, typed_params(self.model, self.params))
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        values |= {"model": model, "params": params, "learning_rate": float(self.learning_rate)}
        return TrainingConfig(**values)


def problems(config: TrainingConfig) -> list[str]:
    """Every mistake of a configuration, each a line that names the field and what is allowed."""
    found = [*_choice_problems(config), *_number_problems(config), *_data_problems(config)]
    if config.model in MODELS:
        found += param_problems(config.model, config.params)
    for name in config.measures or ():
        if name not in MEASURES:
            found.append(f"measures: {name!r} is unknown; known: {', '.join(MEASURES)}")
    return found


def param_problems(model: str, given: Mapping[str, Any]) -> list[str]:
    """Every mistake in the parameters given for a known model."""
    return [f"params: {mistake}" for mistake in complete_params(model, given)[1]]


def typed_params(model: str, given: Mapping[str, Any]) -> dict[str, Value]:
    """Every parameter of a model, typed; those not given take their defaults."""
    return {
        param.name: typed_value(param, given.get(param.name, param.default))
        for param in MODELS[model].params
    }


def typed_value(param: Param, value: Any) -> Value:
    """A parameter's value in its one spelling: 4 and 4.0 are one float.

    Raises ValueError, whose text completes 'NAME = VALUE ...'."""
    return param.parse(value)


def _choice_problems(config: TrainingConfig) -> list[str]:
    choices: dict[str, tuple[object, Any]] = {
        "model": (config.model, MODELS),
        "network": (config.network, NETWORKS),
        "reconstruction": (config.reconstruction, RECONSTRUCTIONS),
        "precision": (config.precision, PRECISIONS),
        "evaluation.protocol": (config.evaluation.protocol, PROTOCOLS),
    }
    return [
        f"{name}: {value!r} is unknown; known: {', '.join(known)}"
        for name, (value, known) in choices.items()
        if value not in known
    ]


def _number_problems(config: TrainingConfig) -> list[str]:
    evaluation = config.evaluation
    whole = {
        "latent_dim": (config.latent_dim, 1),
        "batch_size": (config.batch_size, 1),
        "seed": (config.seed, 0),
        "record_every": (config.record_every, 1),
        "evaluation.num_points": (evaluation.num_points, 1),
        "evaluation.split_seed": (evaluation.split_seed, 0),
    }
    found = [
        f"{name}: {value!r} is not a whole number of at least {least}"
        for name, (value, least) in whole.items()
        if not _is_whole(value) or value < least
    ]
    if not _is_real(config.learning_rate) or config.learning_rate <= 0:
        found.append(f"learning_rate: {config.learning_rate!r} is not a number above 0")
    if not _is_real(evaluation.alpha) or not 0 <= evaluation.alpha <= 1:
        found.append(f"evaluation.alpha: {evaluation.alpha!r} is not a number from 0 to 1")
    fractions = (evaluation.validation_fraction, evaluation.test_fraction)
    if not all(_is_real(part) and 0 <= part < 1 for part in fractions) or sum(fractions) >= 1:
        found.append("evaluation: the fractions must be 0 or more and leave images to train on")
    milestones = config.milestones
    if not all(_is_whole(count) and count >= 1 for count in milestones) or any(
        later <= earlier for earlier, later in zip(milestones, milestones[1:], strict=False)
    ):
        found.append(f"milestones: {milestones!r} are not rising iteration counts of at least 1")
    return found


def _data_problems(config: TrainingConfig) -> list[str]:
    if config.source == FILE_SOURCE:
        if config.path is None or config.digest is None:
            return ["dataset: a file of your own needs path and digest"]
        if not _DIGEST.fullmatch(config.digest):
            return ["digest: not a SHA-256 in hexadecimal digits"]
        return []
    if config.path is not None or config.digest is not None:
        return [f"dataset: path and digest belong to the source {FILE_SOURCE!r}"]
    if config.dataset not in DATASETS:
        return [f"dataset: {config.dataset!r} is unknown; known: {', '.join(DATASETS)}"]
    sources = DATASETS[config.dataset].sources
    if config.source not in sources:
        known = ", ".join(sources)
        return [f"source: {config.dataset} has no source {config.source!r}; it has: {known}"]
    return []


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_real(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
