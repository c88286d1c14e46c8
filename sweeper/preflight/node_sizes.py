"""Whether a node of the cluster is large enough for a training, now or within a minute."""

import time
from collections.abc import Callable
from threading import Event

from sweeper.engine.on_ray.node_probe import node_sizes
from sweeper.grid import Grid
from sweeper.planning.settings import Settings
from sweeper.preflight.check import Check

_SLACK = 1e-6  # Ray counts in ten-thousandths
_WAIT_S = 60.0
_PAUSE_S = 0.5


def wait_for_nodes(
    grid: Grid, setting: Settings, stop: Event, on_wait: Callable[[str], None]
) -> None:
    """Waits up to a minute until `check_resources` finds no problem, or for `stop`.

    Nodes join a cluster one after the other, also after its head was started again: a cluster
    without a node that is large enough may get one in a moment. With --autoscaling it does not
    wait, since nodes are started only when trainings ask for them.
    on_wait: is called with a line for the user before it waits."""
    if setting.autoscaling or not check_resources(grid, setting).problem:
        return
    on_wait(
        f"no node of the cluster has {_asked(grid)} yet: "
        f"waiting up to {_WAIT_S:g} s for nodes to join"
    )
    end = time.monotonic() + _WAIT_S
    while time.monotonic() < end and not stop.wait(_PAUSE_S):
        if not check_resources(grid, setting).problem:
            return


def check_resources(grid: Grid, setting: Settings) -> Check:
    """Whether any node of the connected Ray is large enough for one training."""
    cpu, gpu = grid.resources.cpu, grid.resources.gpu or 0.0
    name = f"resources of a training: {_asked(grid)}"
    nodes = node_sizes()
    if setting.autoscaling and grid.resources.gpu is None and not any(g for _, g in nodes):
        return Check(
            name,
            "the cluster has no GPU yet, and the grid does not say whether a training needs one. "
            "Write `resources: {gpu: 1}` in the grid, or {gpu: 0} to train on CPUs",
        )
    if setting.autoscaling or any(c + _SLACK >= cpu and g + _SLACK >= gpu for c, g in nodes):
        return Check(name)
    gpus, cpus = max(((g, c) for c, g in nodes), default=(0.0, 0.0))
    return Check(
        name,
        f"a training asks for {_asked(grid)} (resources of the grid), and no node "
        f"is as large: the largest has {cpus:g} and {gpus:g}. Ask for less; or, if the cluster "
        "starts nodes on demand, add --autoscaling",
    )


def _asked(grid: Grid) -> str:
    return f"{grid.resources.cpu:g} CPUs and {grid.resources.gpu or 0.0:g} GPUs"
