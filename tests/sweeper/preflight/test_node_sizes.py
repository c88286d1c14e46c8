"""A cluster whose nodes have not joined yet: the launch waits for one that is large enough."""

import threading

import pytest

from sweeper.grid import Grid
from sweeper.planning.settings import default_settings
from sweeper.preflight import node_sizes
from sweeper.preflight.node_sizes import check_resources, wait_for_nodes

GRID = Grid(
    datasets="dsprites",
    models=["vae"],
    axes={"iterations": 10, "learning_rate": 1e-3},
    resources={"cpu": 2, "gpu": 1},
)


@pytest.fixture
def setting(tmp_path):
    return default_settings(tmp_path)


@pytest.fixture
def joining(monkeypatch):
    """Sizes of the nodes at each look; the last ones from then on."""

    def made(*looks):
        left = list(looks)
        monkeypatch.setattr(node_sizes, "_PAUSE_S", 0.001)
        sizes = lambda: left.pop(0) if len(left) > 1 else left[0]  # noqa: E731
        monkeypatch.setattr(node_sizes, "node_sizes", sizes)
        return left

    return made


def wait(setting, stop=None) -> list[str]:
    """The lines that were printed."""
    lines: list[str] = []
    wait_for_nodes(GRID, setting, stop or threading.Event(), lines.append)
    return lines


def test_a_cluster_with_a_large_node_is_not_waited_for(setting, joining):
    joining([(4.0, 1.0)])
    assert wait(setting) == []


def test_a_node_that_joins_later_ends_the_waiting(setting, joining):
    left = joining([], [(0.0, 0.0)], [(8.0, 0.0)], [(8.0, 0.0), (2.0, 1.0)])
    [line] = wait(setting)
    assert line.startswith("no node of the cluster has 2 CPUs and 1 GPUs yet: waiting up to 60 s")
    assert len(left) == 1 and not check_resources(GRID, setting).problem


def test_waiting_ends_after_its_time_and_the_problem_is_left(setting, joining, monkeypatch):
    joining([(8.0, 0.0)])
    monkeypatch.setattr(node_sizes, "_WAIT_S", 0.02)
    assert len(wait(setting)) == 1
    assert "the largest has 8 and 0" in check_resources(GRID, setting).problem


def test_a_signal_ends_the_waiting(setting, joining):
    joining([])
    stop = threading.Event()
    stop.set()
    assert len(wait(setting, stop)) == 1


def test_a_cluster_that_starts_nodes_on_demand_is_not_waited_for(setting, joining):
    joining([])
    setting.autoscaling = True
    assert wait(setting) == []
