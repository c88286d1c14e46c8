"""An estimate of what a plan will write; checkpoints are by far the largest part."""

import math
import shutil
from dataclasses import dataclass
from pathlib import Path

from sweeper.planning.plan import Plan, Training
from trainers.specs.datasets import DATASETS

_CHECKPOINTS = 3  # kept of each training: two, and one while it is being written
_STATE_BYTES = 12  # of a weight in a checkpoint: the weight and Adam's two moments, in float32
_WEIGHT_BYTES = 4
_RECORD_BYTES = 400_000  # of a run without its latents: trajectory, picture, database rows
_LATENT_BYTES = 8  # of each value of the latents and factors


@dataclass(frozen=True)
class DiskNeed:
    """Bytes, in the sweep store and among MLflow's artifacts."""

    store: int
    artifacts: int


def bytes_to_write(plan: Plan) -> DiskNeed:
    """What the trainings left in a plan write if none of them fails."""
    left = [training for training in plan.trainings if training.todo and not training.unresolved]
    runs = sum(_run_bytes(training) * len(training.todo) for training in left)
    states = sum(_CHECKPOINTS * _STATE_BYTES * parameters(t) for t in left)
    weights = sum(_WEIGHT_BYTES * parameters(t) for t in left)
    return DiskNeed(store=states + weights + runs, artifacts=runs + weights)


def parameters(training: Training) -> int:
    """The approximate number of weights of the network (layers: `specs.networks`)."""
    config = training.config
    spec = DATASETS.get(config.dataset)
    shape = spec.image_CHW if spec else (3, 64, 64)
    if config.network == "mlp":
        return 2 * (1200 * math.prod(shape) + 1200 * 1200) + 3600 * config.latent_dim
    return {"cnn": 500_000, "burgess": 520_000}.get(config.network, 5_500_000)


def _run_bytes(training: Training) -> int:
    config = training.config
    spec = DATASETS.get(config.dataset)
    columns = 2 * config.latent_dim + (len(spec.factor_names) if spec else config.latent_dim) + 1
    return _RECORD_BYTES + _LATENT_BYTES * config.evaluation.num_points * columns


def format_bytes(count: float) -> str:
    """'1.5 GB': in powers of 1000, as disks are sold."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"


def free_bytes(place: str) -> int | None:
    """Free bytes on the disk of a local folder that may not exist yet; None where unknown."""
    path = Path(place).absolute()
    while not path.exists() and path != path.parent:
        path = path.parent
    try:
        return shutil.disk_usage(path).free
    except OSError:
        return None
