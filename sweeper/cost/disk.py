"""Disk space: what a plan will write at the most and keep in the end.

Checkpoints and weights are by far the largest part. Sizes were measured on stored runs: a metric
point takes 300 bytes in SQLite with its indices; a curve's value takes 6 in Parquet."""

import math
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sweeper.analysis.rule import SELECTED, WINNERS, keeps_every_milestone
from sweeper.grid import Grid
from sweeper.grid.blocks.dataset_facts import facts_of
from sweeper.planning.plan import Plan, Training
from trainers.config import TrainingConfig

Policy = Literal["none", "last", "all"]

AUTO_LIMIT = 10 * 10**9  # bytes of last checkpoints up to which `auto` keeps them
_FILES = {"none": 0, "last": 1, "all": 2}  # checkpoints that stay of a finished training
_FILES_WHILE_TRAINING = 3  # two, and one while it is being written
_WEIGHT_BYTES = 4
_STATE_BYTES = 12  # of a weight in a checkpoint: the weight and Adam's two moments, in float32
# weights of a network for images of 64 and of 128 pixels
_WEIGHTS = {
    "cnn": (529_000, 341_000),
    "burgess": (500_000, 533_000),
    "residual": (4_640_000, 6_350_000),
}
_DISCRIMINATOR = 5_010_000  # weights of FactorVAE's second network
_VALUE_BYTES = 8  # of latents, factors and curves in a record
_CURVE_BYTES = 6  # of a curve's value in trajectory.parquet
_PICTURE_BYTES = 40_000  # PCC picture and metrics.parquet of a run
_POINT_BYTES = 300  # of a metric point in SQLite
_POINTS = 200  # of a curve in MLflow, at the most
_SCORES = 40  # metrics, parameters and tags of a run
_LAUNCH_BYTES = 2_100_000  # of an empty database, and of a launch's tables, figures and report


@dataclass(frozen=True)
class DiskNeed:
    """Bytes that the rest of a plan adds. peak, final: in the sweep store, at the most and in the
    end.  artifacts: in MLflow's database and artifacts.  checkpoints: which are kept.  weights:
    `keep_weights`."""

    peak: int
    final: int
    artifacts: int
    checkpoints: Policy
    weights: str = SELECTED

    def lines(self) -> list[str]:
        """For the terminal: the sizes, and what it costs to keep no checkpoints."""
        total = f"{format_bytes(self.peak + self.artifacts)} at the most"
        kept = f"{format_bytes(self.final + self.artifacts)} in the end"
        keys = f"keep_checkpoints: {self.checkpoints}"
        keys += f", keep_weights: {self.weights}" if self.weights == WINNERS else ""
        line = f"  disk       about {total}, {kept} ({keys})"
        if self.checkpoints != "none":
            return [line]
        return [line, "             more iterations of a finished training start at step 0"]


def kept_checkpoints(grid: Grid, trainings: Iterable[Training]) -> Policy:
    """The grid's `keep_checkpoints`; `auto` is 'last' while those take at most 10 GB."""
    asked = grid.resources.keep_checkpoints
    if asked != "auto":
        return asked
    sizes = _Sizes(grid)
    total = sum(sizes.checkpoint(training.config) for training in trainings)
    return "last" if total <= AUTO_LIMIT else "none"


def disk_need(plan: Plan, grid: Grid, at_once: int | None = None) -> DiskNeed:
    """What the trainings left in a plan write if none of them fails. at_once: trainings at a time;
    None: all."""
    left = [training for training in plan.trainings if training.todo and not training.unresolved]
    policy = kept_checkpoints(grid, plan.trainings)
    sizes = _Sizes(grid)
    of_checkpoints = sorted((sizes.checkpoint(t.config) for t in left), reverse=True)
    extra = (_FILES_WHILE_TRAINING - _FILES[policy]) * sum(of_checkpoints[:at_once])
    written = sum(_num_weight_files(grid, t) * sizes.weights(t.config) for t in left)
    kept = _winners_weights(plan, left, sizes) if grid.keep_weights == WINNERS else written
    records = sum(sizes.record(t.config, iterations) for t in left for iterations in t.todo)
    artifacts = sum(sizes.artifacts(t.config, iterations) for t in left for iterations in t.todo)
    final = _FILES[policy] * sum(of_checkpoints) + kept + records
    artifacts += _LAUNCH_BYTES if left else 0
    return DiskNeed(final + extra + written - kept, final, artifacts, policy, grid.keep_weights)


def _num_weight_files(grid: Grid, training: Training) -> int:
    if keeps_every_milestone(grid):
        return len(training.todo)
    return 0 if grid.keep_weights == "none" else 1


def _winners_weights(plan: Plan, left: Iterable[Training], sizes: "_Sizes") -> int:
    """Of the winner of each dataset and model, a file for each seed: of its largest networks."""
    todo = {run for training in left for run in map(training.run_id_at, training.todo)}
    seeds: dict[tuple[str, str, str], set[int]] = {}
    of_runs: dict[tuple[str, str, str], list[int]] = {}
    for cell in plan.cells:
        group = (cell.config.dataset, cell.config.source, cell.label)
        seeds.setdefault(group, set()).add(cell.config.seed)
        if cell.run_id in todo:
            of_runs.setdefault(group, []).append(sizes.weights(cell.config))
    return sum(
        sum(sorted(found, reverse=True)[: len(seeds[group])]) for group, found in of_runs.items()
    )


def parameters(config: TrainingConfig, image_CHW: tuple[int, int, int]) -> int:
    """The number of weights of the network, to a few percent (layers: `specs.networks`)."""
    if config.network == "mlp":
        return 2 * (1200 * math.prod(image_CHW) + 1200 * 1200) + 3600 * config.latent_dim
    at_64, at_128 = _WEIGHTS.get(config.network, (5_000_000, 5_000_000))
    return at_128 if image_CHW[-1] == 128 else at_64


def format_bytes(count: float) -> str:
    """'1.5 GB': in powers of 1000, as on the labels of disks."""
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


class _Sizes:
    """Bytes of the files of a training, from its configuration and its dataset."""

    def __init__(self, grid: Grid) -> None:
        folder = grid.origin.folder
        self._facts = {entry.name: facts_of(entry, folder) for entry in grid.datasets}

    def checkpoint(self, config: TrainingConfig) -> int:
        weights = self._parameters(config)
        if config.model == "factor_vae":
            weights += _DISCRIMINATOR
        return _STATE_BYTES * weights + _VALUE_BYTES * _curve_values(config, config.milestones[-1])

    def weights(self, config: TrainingConfig) -> int:
        """Of one milestone."""
        return _WEIGHT_BYTES * self._parameters(config)

    def record(self, config: TrainingConfig, iterations: int) -> int:
        return self._latents(config) + _VALUE_BYTES * _curve_values(config, iterations)

    def artifacts(self, config: TrainingConfig, iterations: int) -> int:
        curves = _curve_values(config, iterations)
        points = min(curves, _POINTS * _num_curves(config)) + _SCORES
        files = self._latents(config) + _CURVE_BYTES * curves + _PICTURE_BYTES
        return files + _POINT_BYTES * points

    def _parameters(self, config: TrainingConfig) -> int:
        return parameters(config, self._facts[config.dataset].image_CHW)

    def _latents(self, config: TrainingConfig) -> int:
        """mu and logvar (float32), factors and indices (int64) of the images that are scored."""
        facts, evaluation = self._facts[config.dataset], config.evaluation
        images = min(
            evaluation.num_points, math.ceil(evaluation.validation_fraction * facts.num_images)
        )
        return _VALUE_BYTES * images * (config.latent_dim + len(facts.factor_sizes) + 1)


def _curve_values(config: TrainingConfig, iterations: int) -> int:
    return _num_curves(config) * (iterations // config.record_every + 1)


def _num_curves(config: TrainingConfig) -> int:
    """Iteration, three losses, a KL term of each latent, and those of the objective, about two."""
    return 6 + config.latent_dim
