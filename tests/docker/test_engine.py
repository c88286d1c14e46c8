"""The engine of these tests leaves nothing behind, also where a test fails."""

import re
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

import psutil
import pytest

from tests.docker.engine import container_engine

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]
BRIDGE = "sweepertest0"


def mounts_below(folder: Path) -> list[str]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line for line in lines if line.split()[4].startswith(f"{folder}/")]


def processes_of(folder: Path) -> list[str]:
    found = [
        " ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])
    ]
    return [line for line in found if f"{folder}/" in line]


def links(*enter: str) -> str:
    """Names of network links."""
    return subprocess.run([*enter, "ip", "-o", "link"], capture_output=True, text=True).stdout


def import_sleep(engine, folder: Path) -> None:
    """Image `sleep`: that program and its libraries."""
    program = shutil.which("sleep")
    libraries = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    archive = folder / "sleep.tar"
    with tarfile.open(archive, "w", dereference=True) as tar:
        for path in [program, *re.findall(r"/\S+", libraries)]:
            tar.add(path)
    engine("import", str(archive), "sleep")


@pytest.mark.parametrize("own_network", [True, False])
def test_no_container_mount_or_bridge_is_left_after_a_failure(tmp_path, own_network):
    with (
        pytest.raises(ZeroDivisionError),
        container_engine(tmp_path / "engine", own_network=own_network) as engine,
    ):
        import_sleep(engine, tmp_path)
        if own_network:
            name = f"com.docker.network.bridge.name={BRIDGE}"
            engine("network", "create", "--opt", name, "other")
            assert BRIDGE in links("nsenter", f"--net=/proc/{engine.pid}/ns/net")
            assert BRIDGE not in links()
        options = ("--detach", "--network", "other" if own_network else "none")
        engine("run", *options, "--volume", "/work", "sleep", str(shutil.which("sleep")), "1234")
        first = psutil.Process(engine.pid).children()[0].pid
        assert (
            f"{tmp_path}/engine/data-root/overlay2" in Path(f"/proc/{first}/mountinfo").read_text()
        )
        assert processes_of(tmp_path)
        raise ZeroDivisionError
    end = time.monotonic() + 60  # the kernel ends the processes of a namespace one by one
    while processes_of(tmp_path):
        assert time.monotonic() < end, processes_of(tmp_path)
        time.sleep(0.1)
    assert mounts_below(tmp_path) == []
    assert BRIDGE not in links()
