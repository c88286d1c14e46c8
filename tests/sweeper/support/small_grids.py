"""Small grids made in a program."""

from sweeper.grid import Grid

AXES = {"batch_size": [64, 128], "iterations": [100, 200, 300]}


def grid_of(models: object = "vae", axes: object = None, **given: object) -> Grid:
    """Of dSprites, with the axes above unless others are given."""
    given = {"datasets": "dsprites", **given}
    return Grid(models=models, axes=AXES if axes is None else axes, **given)
