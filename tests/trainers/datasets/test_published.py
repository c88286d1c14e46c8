"""Each published layout, in miniature: what is read is what was written, and damage is named."""

import io
import os
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from trainers.datasets import check, prepare
from trainers.datasets.published import READERS
from trainers.errors import DataError
from trainers.specs.datasets import DATASETS

ANY = [name for name in READERS if name != "scream_dsprites"]  # test_dsprites_variants.py
LOSSY = {"celeba": 3}  # JPEG


def whole(dataset):
    indices = np.arange(len(dataset))
    return dataset.images(indices), dataset.factors(indices)


@pytest.mark.parametrize("name", ANY)
def test_what_is_read_is_what_was_written(name, layouts, tmp_path):
    made = layouts.by_name[name](tmp_path)
    dataset = prepare(name, made.sources, tmp_path / "data", any_size=True)
    images, classes = whole(dataset)
    assert images.dtype == np.uint8 and images.shape == made.images.shape
    assert abs(images.astype(int) - made.images).max() <= LOSSY.get(name, 0)
    assert np.array_equal(classes, made.classes)
    assert dataset.spec.num_images == len(made.images)
    assert dataset.spec.factor_names == DATASETS[name].factor_names
    assert dataset.fingerprint.startswith(f"{name}/published-custom-size-")
    assert images.max() * dataset.scale <= 1


@pytest.mark.parametrize("name", ANY)
def test_a_miniature_is_refused_without_any_size(name, layouts, tmp_path):
    made = layouts.by_name[name](tmp_path)
    with pytest.raises(DataError, match="expected"):
        prepare(name, made.sources, tmp_path / "data")
    assert not (tmp_path / "data" / name).exists()


@pytest.mark.parametrize("name", ANY)
def test_truncated_files_are_refused(name, layouts, tmp_path):
    made = layouts.by_name[name](tmp_path)
    path = made.sources[0]
    os.truncate(path, path.stat().st_size * 2 // 3)
    with pytest.raises(DataError, match=path.name):
        prepare(name, made.sources, tmp_path / "data", any_size=True)
    assert not (tmp_path / "data" / name).exists()


@pytest.mark.parametrize("name", [name for name in ANY if name not in ("shapes3d",)])
def test_altered_bytes_are_noticed(name, layouts, tmp_path):
    """Every container but HDF5 without Fletcher sums checks its own bytes."""
    made = layouts.by_name[name](tmp_path)
    path = made.sources[0]
    data = bytearray(path.read_bytes())
    at = len(data) // 2
    data[at : at + 64] = bytes(byte ^ 0x55 for byte in data[at : at + 64])
    path.write_bytes(data)
    with pytest.raises(DataError):
        prepare(name, made.sources, tmp_path / "data", any_size=True)


@pytest.mark.parametrize("name", ANY)
def test_empty_and_missing_files(name, layouts, tmp_path):
    made = layouts.by_name[name](tmp_path)
    made.sources[0].write_bytes(b"")
    with pytest.raises(DataError):
        prepare(name, made.sources, tmp_path / "data", any_size=True)
    with pytest.raises(DataError, match="no such file"):
        prepare(name, tmp_path / "nowhere.npz", tmp_path / "data")
    with pytest.raises(DataError, match="Published as|expected one file"):
        prepare(name, [], tmp_path / "data", any_size=True)


def test_dsprites_hdf5_and_npz_are_one(layouts, tmp_path):
    by = {}
    for container in ("npz", "hdf5"):
        made = layouts.dsprites(tmp_path, container)
        by[container] = prepare("dsprites", made.sources, tmp_path / container, any_size=True)
    assert by["npz"].fingerprint == by["hdf5"].fingerprint
    assert np.array_equal(whole(by["npz"])[0], whole(by["hdf5"])[0])
    assert by["npz"].layout == "bits" and by["npz"].all_images() is None
    assert (tmp_path / "npz/dsprites/images.npy").stat().st_size < 24 * 512 + 200


def test_known_checksum_is_compared(layouts, tmp_path, monkeypatch):
    """With every number as published but other bytes, the digest is what refuses."""
    made = layouts.dsprites(tmp_path)
    small = replace(DATASETS["dsprites"], factor_sizes=(2, 1, 3, 2, 2), num_images=24)
    monkeypatch.setitem(DATASETS, "dsprites", small)
    with pytest.raises(DataError, match="expected md5 7da33b31b13a06f4b04a70402ce90c2e, found md5"):
        check("dsprites", made.sources)


@pytest.mark.parametrize(
    ("name", "compared"), [("mpi3d_toy", True), ("mpi3d_realistic", True), ("mpi3d_real", False)]
)
def test_sums_tell_the_variants_of_mpi3d_apart(name, compared, layouts, tmp_path, monkeypatch):
    made = layouts.by_name[name](tmp_path, count=6)
    small = replace(DATASETS[name], factor_sizes=(1, 1, 1, 1, 1, 1, 6), num_images=6)
    monkeypatch.setitem(DATASETS, name, small)
    if compared:
        with pytest.raises(DataError, match="altered or damaged: expected md5"):
            check(name, made.sources)
    else:
        assert check(name, made.sources).checksum == "none was published"


def test_the_other_variants_are_no_mpi3d_complex(tmp_path):
    """A header that states their number of images; the images themselves are not reached."""
    path, header = tmp_path / "mpi3d_toy.npz", io.BytesIO()
    layout = {"descr": "|u1", "fortran_order": False, "shape": (1_036_800, 64, 64, 3)}
    np.lib.format.write_array_header_1_0(header, layout)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images.npy", header.getvalue())
    with pytest.raises(DataError, match="mpi3d_toy, mpi3d_realistic, mpi3d_real"):
        check("mpi3d", path)
    assert check("mpi3d_real", path).spec.num_images == 1_036_800


def test_spec_in_place_of_published_numbers(layouts, tmp_path):
    made = layouts.falcor3d(tmp_path)
    sizes = (2, 3, 1, 2, 1, 1, 6)
    spec = replace(DATASETS["falcor3d"], factor_sizes=sizes, num_images=72, image_CHW=(3, 8, 8))
    dataset = prepare("falcor3d", made.sources, tmp_path / "data", spec=spec)
    assert dataset.spec.factor_sizes == sizes and dataset.spec.factor_grid
    assert "custom-size" in dataset.fingerprint
    assert np.array_equal(whole(dataset)[1], made.classes)


def test_labels_are_rounded_not_truncated(layouts, tmp_path):
    """k/5 in float32, times 5, falls below k for k = 3."""
    made = layouts.falcor3d(tmp_path, sizes=(1, 1, 1, 1, 1, 1, 6))
    labels = np.zeros((6, 7), np.float32)
    labels[:, 6] = np.nextafter(np.arange(6, dtype=np.float32) / 5, np.float32(-1))
    labels[0, 6] = 0
    assert (labels[:, 6] * 5).astype(int).tolist() != list(range(6))
    made = layouts.falcor3d(tmp_path, sizes=(1, 1, 1, 1, 1, 1, 6), labels=labels)
    dataset = prepare("falcor3d", made.sources, tmp_path / "data", any_size=True)
    assert whole(dataset)[1][:, 6].tolist() == list(range(6))


def test_isaac3d_factor_order_has_the_published_strides():
    spec = DATASETS["isaac3d"]
    strides = [int(np.prod(spec.factor_sizes[k + 1 :])) for k in range(9)]
    assert strides == [245760, 30720, 6144, 1536, 384, 96, 16, 4, 1]
    assert spec.factor_names[1:5] == (
        "robot_x-move",
        "robot_y-move",
        "camera_height",
        "object_scale",
    )


def test_other_mpi3d_variants_are_named(tmp_path):
    path = tmp_path / "mpi3d_real.npz"
    with zipfile.ZipFile(path, "w") as archive, archive.open("images.npy", "w") as stream:
        header = {"descr": "|u1", "fortran_order": False, "shape": (1_036_800, 64, 64, 3)}
        np.lib.format.write_array_header_1_0(stream, header)
    with pytest.raises(DataError, match="1,036,800.*toy, realistic or real.*complicated_shapes"):
        check("mpi3d", path)
    with pytest.raises(DataError, match="toy, realistic or real"):
        check("mpi3d", path, any_size=True)


def test_celeba_subset_and_partition(layouts, tmp_path):
    from trainers.datasets.published.celeba import subset

    chosen = subset(202_599, 24_312)
    assert len(np.unique(chosen)) == 24_312 and chosen.max() < 202_599
    assert 24_312 == round(0.12 * 202_599)
    layouts.celeba(tmp_path)
    dataset = prepare("celeba", tmp_path, tmp_path / "data", any_size=True)
    parts = np.load(tmp_path / "data/celeba/partition.npy", allow_pickle=False)
    assert parts.tolist() == [0, 1, 2, 0, 1, 2]
    assert not dataset.spec.factor_grid
