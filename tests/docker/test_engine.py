"""The engine of these tests leaves nothing behind, also where a test fails."""

import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.docker.engine import BASE, container_engine

pytestmark = [pytest.mark.fault, pytest.mark.timeout(2400)]


def mounts_below(folder: Path) -> list[str]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line for line in lines if line.split()[4].startswith(f"{folder}/")]


def processes_of(folder: Path) -> list[str]:
    found = [
        " ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])
    ]
    return [line for line in found if f"{folder}/" in line]


def network() -> str:
    """Links and packet filters of this machine, without counters."""
    commands = (["ip", "-o", "link"], ["iptables", "-S"], ["iptables", "-t", "nat", "-S"])
    return "".join(subprocess.run(one, capture_output=True, text=True).stdout for one in commands)


@pytest.mark.parametrize("own_network", [True, False])
def test_no_container_mount_or_bridge_is_left_after_a_failure(engine_folder, own_network):
    before = network()
    with (
        pytest.raises(ZeroDivisionError),
        container_engine(engine_folder, own_network=own_network) as engine,
    ):
        options = ("--detach", "--rm", "--network", "bridge" if own_network else "none")
        engine("run", *options, "--tmpfs", "/tmp", "--volume", "/work", BASE, "sleep", "1234")
        inside = Path(f"/proc/{psutil.Process(engine.pid).children()[0].pid}/mountinfo").read_text()
        assert f"{engine_folder}/data-root/overlay2" in inside
        assert processes_of(engine_folder)
        raise ZeroDivisionError
    end = time.monotonic() + 60  # the kernel ends the processes of a namespace one by one
    while processes_of(engine_folder):
        assert time.monotonic() < end, processes_of(engine_folder)
        time.sleep(0.1)
    assert mounts_below(engine_folder) == []
    assert network() == before
