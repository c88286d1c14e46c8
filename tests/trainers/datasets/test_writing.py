"""Writing the prepared form: resumed after a kill, complete or absent, small in memory."""

import multiprocessing
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from trainers.datasets import is_prepared, prepare
from trainers.datasets import writing as writing_module
from trainers.datasets.writing import regroup
from trainers.errors import DataError


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of two 64 x 64 colour images, so that miniatures have several."""
    monkeypatch.setattr(writing_module, "BLOCK_BYTES", 2 * 3 * 64 * 64)


class Killed(BaseException):
    """Stands for a kill: nothing in the code catches it."""


def killed_after(blocks):
    seen = []

    def progress(step, done, total):
        seen.append((step, done, total))
        if len(seen) == blocks:
            raise Killed

    return progress


def test_a_killed_call_is_resumed(layouts, tmp_path, small_blocks):
    made = layouts.mpi3d(tmp_path, count=7)
    with pytest.raises(Killed):
        prepare("mpi3d", made.sources, tmp_path / "a", any_size=True, progress=killed_after(2))
    assert not is_prepared("mpi3d", tmp_path / "a")
    steps = []
    dataset = prepare(
        "mpi3d",
        made.sources,
        tmp_path / "a",
        any_size=True,
        progress=lambda step, done, total: steps.append(done // (3 * 64 * 64)),
    )
    assert steps == [6, 7]  # four of seven images were kept
    assert np.array_equal(dataset.images(np.arange(7)), made.images)
    straight = prepare("mpi3d", made.sources, tmp_path / "b", any_size=True)
    assert dataset.fingerprint == straight.fingerprint


@pytest.mark.parametrize("name", ["dsprites", "falcor3d", "shapes3d", "smallnorb", "cars3d"])
def test_resume_gives_the_same_bytes_whatever_the_layout(name, layouts, tmp_path, monkeypatch):
    made = layouts.by_name[name](tmp_path)
    monkeypatch.setattr(writing_module, "BLOCK_BYTES", 600)
    with pytest.raises(Killed):
        prepare(name, made.sources, tmp_path / "a", any_size=True, progress=killed_after(3))
    resumed = prepare(name, made.sources, tmp_path / "a", any_size=True)
    straight = prepare(name, made.sources, tmp_path / "b", any_size=True)
    assert resumed.fingerprint == straight.fingerprint
    for file in ("images.npy", "factors.npy"):
        both = [(tmp_path / at / name / file).read_bytes() for at in "ab"]
        assert both[0] == both[1]


def test_blocks_damaged_by_a_kill_are_written_again(layouts, tmp_path, small_blocks):
    made = layouts.mpi3d(tmp_path, count=7)
    with pytest.raises(Killed):
        prepare("mpi3d", made.sources, tmp_path / "a", any_size=True, progress=killed_after(3))
    images = tmp_path / "a/.mpi3d.partial/images.npy"
    data = bytearray(images.read_bytes())
    data[128 + 3 * 3 * 64 * 64] ^= 1  # a byte of the fourth image, noted as written
    images.write_bytes(data)
    dataset = prepare("mpi3d", made.sources, tmp_path / "a", any_size=True)
    assert np.array_equal(dataset.images(np.arange(7)), made.images)


def test_a_changed_source_starts_over(layouts, tmp_path, small_blocks):
    made = layouts.mpi3d(tmp_path, count=7)
    with pytest.raises(Killed):
        prepare("mpi3d", made.sources, tmp_path / "a", any_size=True, progress=killed_after(2))
    images = 255 - made.images
    np.savez(made.sources[0], images=images.transpose(0, 2, 3, 1))
    os.utime(made.sources[0], ns=(1, 1))
    dataset = prepare("mpi3d", made.sources, tmp_path / "a", any_size=True)
    assert np.array_equal(dataset.images(np.arange(7)), images)


def test_regroup_keeps_order_and_cuts_evenly():
    rows = np.arange(23)
    pieces = regroup(iter(np.split(rows, [1, 2, 9, 9, 20])), 4)
    found = list(pieces)
    assert [len(piece) for piece in found] == [4, 4, 4, 4, 4, 3]
    assert np.array_equal(np.concatenate(found), rows)


def test_too_little_disk_space_is_an_error_before_writing(layouts, tmp_path, monkeypatch):
    made = layouts.mpi3d(tmp_path, count=3)
    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr(writing_module.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(DataError, match="GB are free"):
        prepare("mpi3d", made.sources, tmp_path / "a", any_size=True)


def prepare_in_child(source, data_dir, queue):
    dataset = prepare("mpi3d", source, data_dir, any_size=True)
    queue.put(dataset.fingerprint)


def test_two_processes_prepare_at_once(layouts, tmp_path):
    made = layouts.mpi3d(tmp_path, count=40)
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    children = [
        context.Process(target=prepare_in_child, args=(made.sources[0], tmp_path / "a", queue))
        for _ in range(2)
    ]
    for child in children:
        child.start()
    prints = {queue.get(timeout=60) for _ in children}
    for child in children:
        child.join()
    assert len(prints) == 1 and all(child.exitcode == 0 for child in children)


PREPARE_AND_MEASURE = """
import resource, sys
from trainers.datasets import prepare
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
prepare(sys.argv[1], sys.argv[2], sys.argv[3], any_size=True)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


def growth(name, source, data_dir):
    """By how many bytes a process's peak memory grows over its imports when it prepares a file."""
    command = [sys.executable, "-c", PREPARE_AND_MEASURE, name, str(source), str(data_dir)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    return int(run.stdout)


def blank_npz(path, count):
    """An .npz of `count` blank images, written without holding them."""
    with zipfile.ZipFile(path, "w") as archive:
        with archive.open("images.npy", "w", force_zip64=True) as stream:
            header = {"descr": "|u1", "fortran_order": False, "shape": (count, 64, 64, 3)}
            np.lib.format.write_array_header_1_0(stream, header)
            left = count * 12288
            while left:
                step = min(left, 1 << 24)
                stream.write(bytes(step))
                left -= step


def blank_h5(path, count, image):
    with h5py.File(path, "w") as file:
        file.create_dataset("images", (count, *image), "u1", chunks=(64, *image))
        file["labels"] = np.zeros((count, 6))


def test_memory_does_not_grow_with_the_file(tmp_path):
    blank_npz(tmp_path / "images.npz", 12_000)  # 147 MB
    assert growth("mpi3d", tmp_path / "images.npz", tmp_path / "a") < 110e6
    blank_h5(tmp_path / "3dshapes.h5", 12_000, (64, 64, 3))
    assert growth("shapes3d", tmp_path / "3dshapes.h5", tmp_path / "b") < 110e6


@pytest.mark.slow
def test_ten_gigabytes_pass_through_one(tmp_path):
    blank_h5(tmp_path / "3dshapes.h5", 815_000, (64, 64, 3))  # sparse: takes no space itself
    assert growth("shapes3d", tmp_path / "3dshapes.h5", tmp_path / "a") < 1e9
    (tmp_path / "a/shapes3d/images.npy").unlink()


KILLED_CHILD = """
import sys, time
from trainers.datasets import prepare
def slow(step, done, total):
    print(done, flush=True)
    time.sleep(0.2)
prepare("mpi3d", sys.argv[1], sys.argv[2], any_size=True, progress=slow)
"""


@pytest.mark.fault
def test_kill_dash_nine_and_resume(tmp_path):
    blank_npz(tmp_path / "images.npz", 12_000)
    command = [sys.executable, "-c", KILLED_CHILD, tmp_path / "images.npz", tmp_path / "a"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as child:
        child.stdout.readline()
        child.stdout.readline()
        child.send_signal(signal.SIGKILL)
    assert not is_prepared("mpi3d", tmp_path / "a")
    first = []
    dataset = prepare(
        "mpi3d",
        tmp_path / "images.npz",
        tmp_path / "a",
        any_size=True,
        progress=lambda step, done, total: first.append(done),
    )
    assert first[0] > 2 * (16 << 20) and len(dataset) == 12_000
