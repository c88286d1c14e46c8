"""The head of a Ray cluster dies in mid-sweep: the launch says so, and the same command resumes."""

import pytest

from tests.faults.clusters import Cluster
from tests.faults.sweeps import PART, Sweep, stored

pytestmark = [pytest.mark.fault, pytest.mark.timeout(400)]


@pytest.fixture
def cluster_of(tmp_path):
    """Makes clusters whose processes wait 16 s for a head that is gone; by default it is 60 s."""
    made = []

    def make(name):
        cluster = Cluster(tmp_path / name)
        cluster.environment["RAY_gcs_rpc_server_reconnect_timeout_s"] = "16"
        made.append(cluster)
        return cluster.head()

    yield make
    for cluster in made:
        cluster.close()


def test_a_head_that_dies_ends_the_launch_with_a_message_and_another_one_finishes(
    part, tmp_path, cluster_of
):
    first = cluster_of("first")
    first.node(1, "--num-cpus=2")
    first.wait_for_nodes(1)
    sweep = Sweep(tmp_path / "sweep", PART, "--address", first.address, **first.environment)
    with sweep.started() as process:
        sweep.wait_for(process, lambda: sweep.records() >= 2)
        first.kill(first.processes[0])
        assert process.wait(60) == 1, sweep.output
    done, reason, command = sweep.output.rstrip().splitlines()[-3:]
    assert done.endswith(" of 12 runs done.")
    assert reason.startswith(f"the head of the Ray cluster at {first.address} does not answer")
    assert command == f"To resume: sweeper launch grid.yaml --address {first.address}"
    assert "Traceback" not in sweep.output
    first.close()

    second = cluster_of("second")
    second.node(1, "--num-cpus=2")
    second.wait_for_nodes(1)
    sweep = Sweep(tmp_path / "sweep", PART, "--address", second.address, **second.environment)
    assert sweep.launch() == 0, sweep.output
    assert stored(sweep.folder) == part
