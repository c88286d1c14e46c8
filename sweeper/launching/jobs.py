"""A plan's trainings as jobs of the engine: where they run, with what, in which order."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sweeper.analysis.rule import keep_rule, keeps_every_milestone
from sweeper.cost.estimate import rough_step_s
from sweeper.engine.jobs import Job
from sweeper.grid import Grid
from sweeper.planning.fused import fused_groups
from sweeper.planning.plan import Training
from sweeper.planning.settings import Settings
from trainers.config import TrainingConfig


def jobs_of(
    grid: Grid, trainings: Iterable[Training], settings: Settings, num_gpus: float
) -> list[Job]:
    """One job for each training that can start and has something to do, or for those that are
    fused, the longest first, so that no worker ends with a long one. num_gpus: of the engine, in
    all."""
    gpu = gpu_share(grid, num_gpus)
    device = "gpu" if gpu else "cpu"
    ready = [training for training in trainings if training.is_ready]
    ready.sort(key=lambda training: (-_work_s(training, device), training.training_id))
    return [_job(grid, group, settings, gpu) for group in fused_groups(ready, grid.fused)]


def gpu_share(grid: Grid, num_gpus: float) -> float:
    """What a training takes of a GPU. num_gpus: of the engine, in all."""
    return min(1.0, num_gpus) if grid.resources.gpu is None else grid.resources.gpu


def _job(grid: Grid, group: Sequence[Training], settings: Settings, gpu: float) -> Job:
    resources = grid.resources
    first, *others = ((one.training_id, _config(one, settings)) for one in group)
    return Job(
        training_id=first[0],
        config=first[1],
        fused_with=tuple(others),
        store=settings.store,
        cpu=resources.cpu,
        gpu=gpu,
        threads=max(1, math.floor(resources.cpu)),
        checkpoint_s=resources.checkpoint_every_s,
        keep_weights=keep_rule(grid),
        keep_all=keeps_every_milestone(grid),
    )


def _config(training: Training, settings: Settings) -> TrainingConfig:
    folder = Path(training.config.data_dir or settings.data_dir)
    return replace(training.config, data_dir=str(folder.absolute()), milestones=training.todo)


def _work_s(training: Training, device: str) -> float:
    """Seconds left of a training, a rough guess; only the order counts."""
    return training.steps_to_run * rough_step_s(training.config, device)
