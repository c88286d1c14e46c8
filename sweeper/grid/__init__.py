"""The grid file: the runs of a sweep, as the user writes them.

    experiment: my_study
    datasets: [dsprites, mpi3d]
    models:
      - vae
      - beta_vae: {beta: [2, 4]}
      - mdl_vae_weak: {datasets: [mpi3d]}
    axes:
      batch_size: [64, 128, 256]
      learning_rate: [1e-4, 1e-5]
      iterations: [5e4, 10e4, 15e4, 20e4, 25e4, 30e4]
    seeds: [0]
    evaluation: {protocol: thesis, measures: [cbd, mig], num_points: 10000}
    select: {by: cbd}

Every list may be a single value. All keys but datasets, models and axes.iterations are optional.
The modules of `sweeper.grid.blocks` describe the blocks."""

from sweeper.grid.blocks.definition import Grid
from sweeper.grid.blocks.model_entry import Learned, ModelEntry
from sweeper.grid.load import load_grid
from sweeper.grid.syntax.fields import Range

__all__ = ["Grid", "Learned", "ModelEntry", "Range", "load_grid"]
