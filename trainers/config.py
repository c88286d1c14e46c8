"""One training, told completely: what it is (its identity) and how it is to be run.

Standard library only, so that a planner can make thousands of these in milliseconds."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from trainers.specs.parameters import Value

FILE_SOURCE = "file"  # the source of a dataset of the user's own


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

    The identity is everything up to `evaluation`, as `identity()` gives it. What follows changes
    no number of any milestone.

    dataset, source: a name of `specs.datasets` and one of its sources; or, for a file of the
    user's own, any name, the source 'file', `path`, and `digest`, the SHA-256 of the file's bytes.
    The identity then holds `custom:DIGEST` in place of the name, so that neither the file's place
    nor the name given to it matters, and a changed file is another dataset.
    model, params: canonical, with every parameter of the model, typed (`specs.models`).
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
        """Plain JSON values; `config_checks.parse_config` reads them."""
        plain = asdict(self)
        plain["params"] = dict(self.params)
        plain["milestones"] = list(self.milestones)
        plain["measures"] = None if self.measures is None else list(self.measures)
        return plain
