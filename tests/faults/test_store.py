"""A full disk, and damaged, missing and foreign files in the store."""

import contextlib
import os
import shutil
import subprocess

import pytest

from tests.faults.sweeps import TINY, Sweep, stored, workers

pytestmark = pytest.mark.fault


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 60 MiB. Needs root."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60m", "none", place])
    if made.returncode:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.mark.timeout(400)
def test_a_full_disk_damages_nothing_and_the_sweep_continues_once_space_is_free(
    tiny, tmp_path, small_disk
):
    sweep = Sweep(tmp_path, TINY, "--store", str(small_disk / "store"))
    with sweep.started() as process:
        sweep.wait_for(process, lambda: workers(process))
        fill(small_disk / "of someone else")
        assert process.wait(200) == 1, sweep.output
    assert "No space left on device; free space in the sweep store" in sweep.output
    assert "Traceback" not in sweep.output
    assert not list(small_disk.glob("**/.*.tmp")), "what could not be written is removed"
    assert sweep.launch() == 2, "preflight sees that there is no room"
    assert "free some space" in sweep.output.splitlines()[-2]
    (small_disk / "of someone else").unlink()
    assert sweep.launch() == 0, sweep.output
    assert stored(tmp_path) == tiny


def fill(path):
    """Writes until the disk is full but for a few kilobytes."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass


@pytest.mark.timeout(400)
def test_damaged_and_foreign_files_cost_time_and_nothing_else(tiny, tmp_path):
    sweep = Sweep(tmp_path, TINY)
    assert sweep.launch() == 0, sweep.output
    first, second = sorted((tmp_path / "sweep_store/trainings").iterdir())
    truncate(max(first.glob("milestone-*")))
    flip_a_bit(max(first.glob("checkpoint-*")))
    truncate(max(second.glob("checkpoint-*")))
    min(second.glob("milestone-*")).unlink()
    (first / "notes.txt").write_text("a file of someone else")
    (first / ".milestone-000000000080-0123456789abcdef.npz.x.tmp").write_bytes(b"half")
    (second / "milestone-000000000060-0123456789abcdef.npz").mkdir()
    (second.parent / "not-an-id").mkdir()
    os.rename(tmp_path / "mlflow.db", tmp_path / "old.db")
    shutil.rmtree(tmp_path / "mlartifacts")
    assert sweep.launch() == 0, sweep.output
    assert "Traceback" not in sweep.output
    assert "is damaged" in sweep.output
    assert stored(tmp_path) == tiny
    assert (first / "notes.txt").read_text() == "a file of someone else"


def truncate(path):
    os.truncate(path, path.stat().st_size // 2)


def flip_a_bit(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
