"""The complete description of a training: its identity, and how it is run.

Standard library only, so that a planner can make thousands of these in milliseconds."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from trainers.factor_splits import FactorSplit
from trainers.specs.models import MODELS
from trainers.specs.parameters import Value
from trainers.specs.revisions import revisions

FILE_SOURCE = "file"  # the source of a user's own dataset


@dataclass(frozen=True)
class Evaluation:
    """The settings by which every milestone is scored.

    protocol: 'thesis' or 'locatello'.  num_points: the number of images of a split to score, at
    most.  alpha: the weight of compactness in CbD.  split_seed, validation_fraction, test_fraction:
    the seeded split of the dataset; with a test fraction above 0, every milestone is also scored
    on the test images."""

    protocol: str = "thesis"
    num_points: int = 10_000
    alpha: float = 0.5
    split_seed: int = 0
    validation_fraction: float = 0.1
    test_fraction: float = 0.0

    def num_training(self, num_images: int) -> int:
        """The number of training images of a dataset."""
        held_out = (self.validation_fraction, self.test_fraction)
        return num_images - sum(int(num_images * fraction) for fraction in held_out)


@dataclass(frozen=True)
class KeepRule:
    """Of which milestone a training keeps the weights: the one that selection would take of it.

    metric: as milestones name it ('measure/cbd').  min_active: milestones with fewer active
    latents are passed over.  last_only: the newest milestone, whatever its score."""

    metric: str
    lower_is_better: bool = False
    min_active: int = 0
    last_only: bool = False


@dataclass(frozen=True)
class TrainingConfig:
    """One optimisation and the milestones at which it is scored.

    The fields up to `evaluation` make the identity (see `identity()`). The others change no number
    of any milestone.

    dataset, source: a name of `specs.datasets` and one of its sources; or, for a user's own file,
    any name, the source 'file', `path`, and `digest`, the SHA-256 of the file's bytes. The identity
    then contains `custom:DIGEST` in place of the name, so that neither the path nor the name
    matters, and a changed file is another dataset.
    model, params: canonical, with every parameter of the model, typed (`specs.models`).
    latent_dim, batch_size: at least 1.  learning_rate: above 0.
    precision: of the training's steps, one of `specs.revisions.PRECISIONS`; milestones are always
    evaluated in float32.
    milestones: iterations at which to score, ascending.  measures: None means every measure.
    record_every: the number of iterations between recorded losses and weights.
    data_dir: the folder of prepared datasets; None means the default folder.
    code: digests of the parts that are a user's own, by kind (`specs.own`); it is in the identity.
    factors: the distribution of the images to train on; it is in the identity where it is given.
    fused: whether its steps are part of a program of several trainings (`fused`), whose kernels
    may round differently; it is in the identity where it is true."""

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
    code: Mapping[str, str] = field(default_factory=dict)
    factors: FactorSplit = FactorSplit()
    fused: bool = False

    def identity(self) -> dict[str, Any]:
        """Equal exactly for configurations of the same training; plain JSON values.

        Contains the revisions of the parts that are not 0, so that a part with changed numbers
        gives a new identity and all others stay."""
        identity: dict[str, Any] = {
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
        found = revisions(
            model=self.model,
            network=self.network,
            dataset=self.dataset,
            source=self.source,
            precision=self.precision,
        )
        if found:
            identity["revisions"] = found
        if self.code:
            identity["code"] = dict(self.code)
        if self.factors:
            identity["factors"] = self.factors.to_dict()
        if self.fused:
            identity["fused"] = True
        return identity

    def program_identity(self) -> dict[str, Any]:
        """Equal exactly for configurations that one program of fused trainings can train, as far
        as their milestones agree: they differ in seed, learning rate and numbers of the model."""
        identity = self.identity()
        numbers = {param.name for param in MODELS[self.model].params if param.kind == "float"}
        identity["params"] = {k: v for k, v in self.params.items() if k not in numbers}
        del identity["seed"], identity["learning_rate"]
        return identity

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `config_checks.parse_config` reads them."""
        plain = asdict(self)
        plain["params"] = dict(self.params)
        plain["code"] = dict(self.code)
        if not self.code:
            del plain["code"]
        plain["factors"] = self.factors.to_dict()
        if not self.factors:
            del plain["factors"]
        if not self.fused:
            del plain["fused"]
        plain["milestones"] = list(self.milestones)
        plain["measures"] = None if self.measures is None else list(self.measures)
        return plain


def sorted_json(value: Mapping[str, Any]) -> str:
    """The one text of a configuration, or of what describes a record: JSON with sorted keys.

    Checkpoints and records hold it, and it is compared as text; an id is hashed from
    `sweeper.ids.canonical`, which writes no spaces."""
    return json.dumps(dict(value), sort_keys=True)
