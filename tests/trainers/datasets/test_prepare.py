"""Preparing: resumed after a kill, whole or absent, shared, replaced, and small in memory."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from trainers.datasets import check, is_prepared, list_datasets, open_dataset, prepare
from trainers.datasets import writing as writing_module
from trainers.datasets.writing import regroup
from trainers.errors import ConfigError, DataError


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


def test_a_second_call_does_nothing_and_another_file_replaces(layouts, tmp_path):
    made = layouts.mpi3d(tmp_path, count=3)
    first = prepare("mpi3d", made.sources, tmp_path / "a", any_size=True)
    calls = []
    again = prepare(
        "mpi3d", made.sources, tmp_path / "a", any_size=True, progress=lambda *a: calls.append(a)
    )
    assert not calls and again.fingerprint == first.fingerprint
    made = layouts.mpi3d(tmp_path, count=5)
    assert len(prepare("mpi3d", made.sources, tmp_path / "a", any_size=True)) == 5
    assert len(first.images(np.arange(3))) == 3  # what was mapped stays mapped
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == [".mpi3d.lock", "mpi3d"]


def test_a_custom_size_is_never_taken_for_the_published_one(layouts, tmp_path):
    made = layouts.mpi3d(tmp_path, count=3)
    prepare("mpi3d", made.sources, tmp_path / "a", any_size=True)
    with pytest.raises(DataError, match="3 images, expected 460,800"):
        prepare("mpi3d", made.sources, tmp_path / "a")


def test_opening_what_was_prepared(layouts, tmp_path):
    assert not is_prepared("falcor3d", tmp_path / "a")
    with pytest.raises(DataError, match="sweeper data prepare falcor3d --source FILE"):
        open_dataset("falcor3d", data_dir=tmp_path / "a")
    made = layouts.falcor3d(tmp_path)
    prepared = prepare("falcor3d", made.sources, tmp_path / "a", any_size=True)
    dataset = open_dataset("falcor3d", data_dir=tmp_path / "a")
    assert is_prepared("falcor3d", tmp_path / "a")
    assert dataset.fingerprint == prepared.fingerprint
    assert isinstance(dataset.all_images(), np.memmap)
    assert dataset.spec.factor_sizes == (2, 3, 1, 2, 1, 1, 6)
    with pytest.raises(IndexError, match="no image 72: the dataset has images 0 to 71"):
        dataset.images(np.array([0, 72]))


def test_pickling_sends_the_path_not_the_pixels(layouts, tmp_path):
    made = layouts.mpi3d(tmp_path, count=7)
    dataset = prepare("mpi3d", made.sources, tmp_path / "a", any_size=True)
    sent = pickle.dumps(dataset)
    assert len(sent) < 4000
    twin = pickle.loads(sent)
    assert np.array_equal(twin.images(np.array([6, 0])), made.images[[6, 0]])


@pytest.mark.parametrize("file", ["images.npy", "factors.npy", "manifest.json"])
@pytest.mark.parametrize("damage", [b"", b"rubbish", None])
def test_damage_to_the_prepared_form_is_named(file, damage, layouts, tmp_path):
    made = layouts.mpi3d(tmp_path, count=3)
    prepare("mpi3d", made.sources, tmp_path / "a", any_size=True)
    path = tmp_path / "a/mpi3d" / file
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    with pytest.raises(DataError, match="mpi3d"):
        open_dataset("mpi3d", data_dir=tmp_path / "a")
    assert len(prepare("mpi3d", made.sources, tmp_path / "a", any_size=True)) == 3


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


def test_check_writes_nothing(layouts, tmp_path):
    made = layouts.shapes3d(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    found = check("shapes3d", made.sources, any_size=True)
    assert found.spec.factor_sizes == (2, 2, 1, 3, 1, 2)
    assert "custom-size" in found.fingerprint_kind
    assert sorted(tmp_path.rglob("*")) == before


def test_unknown_names(tmp_path):
    with pytest.raises(ConfigError, match='Did you mean "mpi3d"'):
        prepare("mp3d", tmp_path, tmp_path / "a")
    with pytest.raises(ConfigError, match='Did you mean "isaac3d".*Your own file needs `path`'):
        open_dataset("isac3d")
    with pytest.raises(ConfigError, match="'rendered' is unknown; allowed: published, synthetic"):
        open_dataset("mpi3d", source="rendered")


def test_list_shows_the_state_of_every_dataset(layouts, tmp_path):
    made = layouts.mpi3d(tmp_path, count=3)
    prepare("mpi3d", made.sources, tmp_path / "a", any_size=True)
    rows = {row.spec.name: row for row in list_datasets(tmp_path / "a")}
    assert rows["mpi3d"].state == "prepared" and rows["mpi3d"].size_bytes > 3 * 3 * 64 * 64
    assert rows["mpi3d"].ready == ("synthetic", "published")
    assert rows["dsprites"].state == "not prepared" and rows["dsprites"].ready == ("rendered",)
    assert rows["cars3d"].ready == () and rows["cars3d"].prepared is None
    assert rows["mpi3d"].licence == "CC BY 4.0" and rows["celeba"].download_bytes > 1e9
    assert rows["mpi3d"].prepared.spec.num_images == 3
    assert [file["name"] for file in rows["mpi3d"].prepared.sources] == [made.sources[0].name]


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
    blank_h5(tmp_path / "3dshapes.h5", 815_000, (64, 64, 3))  # sparse: takes no room itself
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
