"""A cable that is cut: a node in a network of its own, whose link goes down and stays down.

The node and its workers live on behind the cut, and still reach the store, as with a network of its
own for storage. Needs root, as it makes a network namespace."""

import os
import shutil
import subprocess

import pytest

from tests.faults.clusters import Cluster
from tests.faults.sweeps import PART, Sweep, stored, workers

pytestmark = [pytest.mark.fault, pytest.mark.timeout(400)]

NET = "198.18.77"  # of the addresses that are set aside for tests of networks
# Ray's patience with a node that is silent, in place of 10 s each of five times.
SHORT = {"RAY_health_check_timeout_ms": "1000"}


def ip(*arguments: str, check: bool = True) -> bool:
    done = subprocess.run(["ip", *arguments], capture_output=True, check=check)
    return done.returncode == 0


class Cable:
    """Between this machine, at NET.10 and NET.12, and a namespace of its own, at NET.11."""

    def __init__(self) -> None:
        self.space, self.here, there = (f"sw{os.getpid()}{end}" for end in ("", "a", "b"))
        self.within = ("ip", "netns", "exec", self.space)
        ip("netns", "add", self.space)
        try:
            ip("link", "add", self.here, "type", "veth", "peer", "name", there)
            ip("link", "set", there, "netns", self.space)
            for last in ("10", "12"):
                ip("addr", "add", f"{NET}.{last}/24", "dev", self.here)
            ip("-n", self.space, "addr", "add", f"{NET}.11/24", "dev", there)
            ip("link", "set", self.here, "up")
            for device in ("lo", there):
                ip("-n", self.space, "link", "set", device, "up")
        except BaseException:
            self.remove()
            raise

    def cut(self) -> None:
        ip("link", "set", self.here, "down")

    def remove(self) -> None:
        """Of a pair of devices, each goes with the other."""
        ip("link", "del", self.here, check=False)
        ip("netns", "del", self.space, check=False)


@pytest.fixture
def cable():
    if shutil.which("ip") is None:
        pytest.skip("no program `ip` here (Debian: apt-get install iproute2)")
    try:
        made = Cable()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespace can be made here: {error.stderr.decode().strip()}")
    yield made
    made.remove()


def test_work_moves_off_a_node_whose_cable_is_cut(part, tmp_path, cable):
    cluster = Cluster(tmp_path / "cluster", f"{NET}.1")
    cluster.environment |= SHORT
    try:
        cluster.head()
        far = cluster.node(1, "--num-cpus=1", within=cable.within)
        cluster.wait_for_nodes(1)
        cluster.node(2, "--num-cpus=1")
        cluster.wait_for_nodes(2)
        address = ["--address", cluster.address]
        sweep = Sweep(tmp_path / "sweep", PART, *address, **cluster.environment)
        with sweep.started() as process:
            sweep.wait_for(process, lambda: sweep.records() >= 2 and workers(far))
            cable.cut()
            assert process.wait(240) == 0, sweep.output
    finally:
        cluster.close()
    assert "the worker died" in sweep.output
    assert stored(sweep.folder) == part
