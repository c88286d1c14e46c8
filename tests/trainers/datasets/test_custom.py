"""Anyone's own images and factors, from .npz and HDF5."""

import json
import os

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainers.datasets import list_datasets, open_dataset, render_sheet
from trainers.datasets.custom import check_pixels, constant_factors
from trainers.errors import ConfigError, DataError

N = 12
GRID = np.stack(np.unravel_index(np.arange(N), (2, 3, 2)), axis=1)


def pixels(*shape, below=256):
    return np.random.default_rng(0).integers(0, below, shape).astype(np.uint8)


def save(path, **arrays):
    if path.suffix == ".npz":
        np.savez(path, **arrays)
    else:
        with h5py.File(path, "w") as file:
            for name, array in arrays.items():
                file[name] = array.astype("S") if array.dtype.kind == "U" else array
    return path


@pytest.fixture(params=[".npz", ".h5"])
def path(request, tmp_path):
    return tmp_path / f"mine{request.param}"


def opened(path, name="mine"):
    return open_dataset(name, path=path, data_dir=path.parent / "data")


@pytest.mark.parametrize(
    "shape, axes, image_CHW",
    [
        ((N, 9, 8), None, (1, 9, 8)),
        ((N, 9, 8, 3), (0, 3, 1, 2), (3, 9, 8)),
        ((N, 3, 9, 8), (0, 1, 2, 3), (3, 9, 8)),
        ((N, 9, 8, 1), (0, 3, 1, 2), (1, 9, 8)),
    ],
)
def test_layouts_of_images(shape, axes, image_CHW, path):
    images = pixels(*shape)
    dataset = opened(save(path, images=images, factors=GRID))
    expected = images[:, None] if axes is None else images.transpose(axes)
    assert dataset.spec.image_CHW == image_CHW
    assert np.array_equal(dataset.images(np.arange(N)), expected)
    assert np.array_equal(dataset.factors(np.arange(N)), GRID)
    assert dataset.spec.factor_sizes == (2, 3, 2) and dataset.spec.factor_grid
    assert dataset.fingerprint.startswith("mine/custom-")
    assert dataset.scale == 1 / 255


def test_floats_and_binary_images(tmp_path):
    floats = save(tmp_path / "f.npz", images=pixels(N, 8, 8) / 255, factors=GRID)
    assert np.array_equal(opened(floats, "f").images(np.arange(N))[:, 0], pixels(N, 8, 8))
    binary = save(tmp_path / "b.npz", images=pixels(N, 8, 8, below=2), factors=GRID)
    assert opened(binary, "b").scale == 1.0
    boolean = save(tmp_path / "c.npz", images=pixels(N, 8, 8, below=2) > 0, factors=GRID)
    assert opened(boolean, "c").scale == 1.0
    assert opened(boolean, "c").images(np.array([0])).dtype == np.uint8


def test_names_and_values_of_factors(path):
    factors = np.stack([GRID[:, 0] * 0.5 - 1, GRID[:, 1] * 45.5], axis=1)
    names = np.array(["depth", "angle"])
    dataset = opened(save(path, images=pixels(N, 8, 8), factors=factors, factor_names=names))
    assert dataset.spec.factor_names == ("depth", "angle")
    assert np.array_equal(dataset.factors(np.arange(N)), GRID[:, :2])
    assert not dataset.spec.factor_grid  # each combination comes twice


def test_reopening_reads_nothing_and_a_changed_file_is_read_again(path):
    first = opened(save(path, images=pixels(N, 8, 8), factors=GRID))
    again = opened(path)
    assert again.fingerprint == first.fingerprint
    prepared = (path.parent / "data/custom/mine/images.npy").stat().st_mtime_ns
    opened(path)
    assert (path.parent / "data/custom/mine/images.npy").stat().st_mtime_ns == prepared
    save(path, images=255 - pixels(N, 8, 8), factors=GRID)
    os.utime(path, ns=(5, 5))
    changed = opened(path)
    assert changed.fingerprint != first.fingerprint
    assert np.array_equal(changed.images(np.arange(N))[:, 0], 255 - pixels(N, 8, 8))
    listed = [row for row in list_datasets(path.parent / "data") if row.spec.name == "mine"]
    assert len(listed) == 1 and listed[0].ready == ("custom",)


def rewritten(path, content):
    path.write_bytes(content)


def replaced(path, content):
    new = path.with_name("new")
    new.write_bytes(content)
    new.replace(path)


@pytest.mark.parametrize("change", [rewritten, replaced])
def test_a_file_of_the_same_size_and_time_is_read_again(change, path, tmp_path):
    first = opened(save(path, images=pixels(N, 8, 8), factors=GRID))
    other = save(tmp_path / f"other{path.suffix}", images=255 - pixels(N, 8, 8), factors=GRID)
    before = path.stat()
    change(path, other.read_bytes())
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    changed = opened(path)
    assert changed.fingerprint != first.fingerprint
    assert np.array_equal(changed.images(np.arange(N))[:, 0], 255 - pixels(N, 8, 8))


def test_a_file_that_is_copied_or_touched_is_not_prepared_again(path):
    opened(save(path, images=pixels(N, 8, 8), factors=GRID))
    prepared = path.parent / "data/custom/mine/images.npy"
    before = prepared.stat().st_ino
    replaced(path, path.read_bytes())
    opened(path)
    assert prepared.stat().st_ino == before


def test_what_an_older_version_prepared_is_prepared_again(path):
    """Its manifest does not say which content it was made from."""
    first = opened(save(path, images=pixels(N, 8, 8), factors=GRID))
    manifest = path.parent / "data/custom/mine/manifest.json"
    content = json.loads(manifest.read_text())
    for source in content["sources"]:
        for key in ("sha256", "ctime_ns", "inode"):
            del source[key]
    manifest.write_text(json.dumps(content))
    assert opened(path).fingerprint == first.fingerprint
    assert "sha256" in json.loads(manifest.read_text())["sources"][0]


def test_the_same_content_has_the_same_fingerprint(tmp_path):
    images = pixels(N, 8, 8)
    npz = save(tmp_path / "a.npz", images=images, factors=GRID)
    h5 = save(tmp_path / "a.h5", images=images, factors=GRID)
    prints = {
        open_dataset("a", path=path, data_dir=tmp_path / path.suffix).fingerprint
        for path in (npz, h5)
    }
    assert len(prints) == 1


@pytest.mark.parametrize(
    "arrays, message",
    [
        (
            {"images": pixels(N, 8, 8), "factor_names": np.array(["a"])},
            "factor_names, but no array factors",
        ),
        ({"factors": GRID}, "no array images"),
        ({"images": pixels(N, 8, 8), "factors": GRID[:-1]}, "12 images but 11 rows"),
        ({"images": pixels(N, 8, 8), "factors": GRID[:, 0]}, "expected .images, "),
        ({"images": pixels(N, 8), "factors": GRID}, "expected .N,H,W"),
        ({"images": pixels(N, 8, 8, 9), "factors": GRID}, "neither can be the channels"),
        ({"images": pixels(N, 3, 8, 3), "factors": GRID}, "both could be the channels"),
        ({"images": pixels(N, 8, 8).astype(int), "factors": GRID}, "expected uint8, bool or"),
        ({"images": pixels(N, 8, 8) * 1.0, "factors": GRID}, r"must lie in"),
        ({"images": np.full((N, 8, 8), np.nan), "factors": GRID}, "not finite"),
        ({"images": pixels(0, 8, 8), "factors": GRID[:0]}, "no image"),
        ({"images": pixels(N, 8, 8), "factors": GRID + np.nan}, "not finite"),
        (
            {"images": pixels(N, 8, 8), "factors": GRID, "factor_names": np.array(["a", "a", "b"])},
            "3 different names",
        ),
    ],
)
def test_mistakes_in_a_file_are_named(arrays, message, path):
    save(path, **arrays)
    with pytest.raises(DataError, match=message):
        opened(path)
    assert not (path.parent / "data/custom/mine").exists()


def test_images_without_labels_have_one_class(path):
    images = pixels(N, 8, 8)
    save(path, images=images)
    dataset = opened(path)
    assert (dataset.images(np.arange(N))[:, 0] == images).all()
    assert dataset.factors(np.arange(N)).tolist() == [[0]] * N
    assert dataset.spec.factor_names == ("unlabelled",) and dataset.spec.factor_sizes == (1,)
    assert not dataset.spec.factor_grid


def test_pickles_are_refused(tmp_path):
    objects = np.array([{"a": 1}] * N, dtype=object)
    path = save(tmp_path / "mine.npz", images=pixels(N, 8, 8), factors=objects)
    with pytest.raises(DataError, match="never loaded"):
        opened(path)


def test_invalid_names_are_refused(tmp_path):
    path = save(tmp_path / "mine.npz", images=pixels(N, 8, 8), factors=GRID)
    with pytest.raises(ConfigError, match="published dataset's name"):
        opened(path, "mpi3d")
    with pytest.raises(ConfigError, match="are allowed"):
        opened(path, "../mine")
    with pytest.raises(ConfigError, match="given by its path has no source"):
        open_dataset("mine", source="synthetic", path=path)
    with pytest.raises(DataError, match="no such file"):
        opened(tmp_path / "other.npz")


ARRAYS = st.builds(
    lambda shape, dtype, fill: np.full(shape, fill).astype(dtype),
    st.lists(st.integers(0, 6), min_size=0, max_size=5),
    st.sampled_from(["u1", "i8", "f4", "f8", "?", "U3", "c8", "S2"]),
    st.sampled_from([0, 1, 3, -2]),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(images=ARRAYS, factors=ARRAYS, names=st.none() | ARRAYS)
def test_any_arrays_open_or_are_a_data_error(images, factors, names, tmp_path):
    arrays = {"images": images, "factors": factors}
    if names is not None:
        arrays["factor_names"] = names
    path = save(tmp_path / "any.npz", **arrays)
    try:
        dataset = opened(path, "any")
    except DataError:
        return
    assert dataset.images(np.array([0])).shape == (1, *dataset.spec.image_CHW)
    assert dataset.factors(np.array([0])).shape == (1, len(dataset.spec.factor_names))


def test_sheets_vary_one_factor_a_row(tmp_path):
    from PIL import Image

    values = (GRID @ [100, 30, 7]).astype(np.uint8)
    order = np.random.default_rng(0).permutation(N)  # files need not be in the grid's order
    images = np.broadcast_to(values[order, None, None], (N, 6, 6))
    path = save(tmp_path / "mine.npz", images=images, factors=GRID[order])
    rows = render_sheet(opened(path), tmp_path / "sheet.png", columns=3, seed=4)
    assert rows == ["factor_0", "factor_1", "factor_2", "random"]
    with Image.open(tmp_path / "sheet.png") as picture:
        sheet = np.asarray(picture).astype(int)[::8, ::8]
    assert sheet.shape == (4, 3)
    assert sheet[0, 1] - sheet[0, 0] == 100 and sheet[0, 2] == 255
    assert np.diff(sheet[1]).tolist() == [30, 30]
    assert sheet[2, 1] - sheet[2, 0] == 7
    assert set(sheet[3]) <= set(values.tolist())


def test_a_sheet_without_a_factor_grid_and_with_too_many_channels(tmp_path):
    celeba = open_dataset("celeba", source="synthetic")
    rows = render_sheet(celeba, tmp_path / "faces.png", columns=2)
    assert rows == ["random", "random 1"] and (tmp_path / "faces.png").exists()
    path = save(tmp_path / "two.npz", images=pixels(N, 8, 8, 2), factors=GRID)
    with pytest.raises(DataError, match="1 or 3 channels"):
        render_sheet(opened(path, "two"), tmp_path / "two.png")


def test_float_pixels_are_checked_without_preparing_the_file(tmp_path):
    wrong = pixels(N, 8, 8) * 1.0
    wrong[3, 0, 0] = np.nan
    np.savez(tmp_path / "nan.npz", images=wrong, factors=GRID)
    with pytest.raises(DataError, match="not finite"):
        check_pixels(tmp_path / "nan.npz")
    np.savez(tmp_path / "good.npz", images=pixels(N, 8, 8) / 255, factors=GRID)
    check_pixels(tmp_path / "good.npz")


def test_a_factor_with_one_value_is_named(tmp_path):
    factors = np.column_stack([np.arange(N) % 3, np.full(N, 7)])
    np.savez(tmp_path / "own.npz", images=pixels(N, 8, 8), factors=factors)
    assert constant_factors(tmp_path / "own.npz", ("a", "b")) == ("b",)
