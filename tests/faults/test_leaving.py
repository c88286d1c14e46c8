"""Nodes that are drained, as spot machines and deleted pods are."""

import pytest

from tests.faults.clusters import Cluster
from tests.faults.sweeps import PART, Sweep, stored, workers

pytestmark = [pytest.mark.fault, pytest.mark.timeout(400)]

# No checkpoint but the last one and those of a notice; no failure is forgiven.
STRICT = PART | {"resources": {"checkpoint_every_s": 3600, "max_failures": 0}}


def test_trainings_are_saved_and_move_when_their_node_drains(part, tmp_path):
    cluster = Cluster(tmp_path / "cluster").head()
    try:
        first = cluster.node(1, "--num-cpus=1")
        cluster.wait_for_nodes(1)
        cluster.node(2, "--num-cpus=1")
        cluster.wait_for_nodes(2)
        address = ["--address", cluster.address]
        sweep = Sweep(tmp_path / "sweep", STRICT, *address, **cluster.environment)
        with sweep.started() as process:
            sweep.wait_for(process, lambda: sweep.records() >= 2 and workers(first))
            assert not sweep.checkpoints()
            first.terminate()  # SIGTERM: Ray lets the node drain
            sweep.wait_for(process, lambda: first.poll() is not None)
            assert sweep.checkpoints()
            assert process.wait(240) == 0, sweep.output
    finally:
        cluster.close()
    assert "its node is draining: it is saved and continues on another node" in sweep.output
    assert "died" not in sweep.output
    assert stored(sweep.folder) == part
