"""A plan's trainings as jobs of the engine: where they run, with what, in which order."""

import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from sweeper.cost.estimate import rough_step_s
from sweeper.engine.jobs import Job
from sweeper.grid import Grid
from sweeper.planning.plan import Training
from sweeper.tracking import layout


def jobs_of(
    grid: Grid, trainings: Iterable[Training], *, store: str, data_dir: Path, gpus: float
) -> list[Job]:
    """One job for each training with something to do, the longest first, so that no worker is
    left with a long one at the end.

    data_dir: where prepared datasets lie.  gpus: what the cluster has in all."""
    resources, gpu = grid.resources, gpu_share(grid, gpus)
    by = grid.select.by if "/" in grid.select.by else layout.measure_key(grid.select.by)
    ready = [training for training in trainings if training.todo and not training.unresolved]
    device = "gpu" if gpu else "cpu"
    ready.sort(key=lambda training: (-_work(training, device), training.training_id))
    jobs = []
    for training in ready:
        place = Path(training.config.data_dir) if training.config.data_dir else data_dir
        config = replace(training.config, data_dir=str(place.absolute()), milestones=training.todo)
        jobs.append(
            Job(
                training_id=training.training_id,
                config=config.to_dict(),
                store=store,
                cpu=resources.cpu,
                gpu=gpu,
                threads=max(1, math.floor(resources.cpu)),
                checkpoint_s=resources.checkpoint_every_s,
                keep_weights=by if grid.keep_weights != "none" else None,
                keep_all=grid.keep_weights == "all",
            )
        )
    return jobs


def gpu_share(grid: Grid, gpus: float) -> float:
    """What a training holds of a GPU. gpus: what the cluster has in all."""
    return min(1.0, gpus) if grid.resources.gpu is None else grid.resources.gpu


def _work(training: Training, device: str) -> float:
    """Seconds that are left of a training, by rough guess: what counts is their order."""
    return training.steps_to_run * rough_step_s(training.config, device)
