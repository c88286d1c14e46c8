"""Files that no dataset publishes: nothing outside them is read, and each is refused by name."""

import io
import zipfile

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainers.datasets import check, prepare
from trainers.datasets.published import READERS
from trainers.errors import DataError

ANY = [name for name in READERS if name != "scream_dsprites"]  # test_dsprites_variants.py


def test_pickled_arrays_are_never_loaded(tmp_path):
    path = tmp_path / "real3d_complicated_shapes_ordered.npz"
    np.savez(path, images=np.array([{"a": 1}], dtype=object))
    with pytest.raises(DataError, match="pickled objects; these are never loaded"):
        prepare("mpi3d", path, tmp_path / "data", any_size=True)


@pytest.mark.parametrize("name", ["../x.png", "/etc/x.png", "C:/x.png", "..\\x.png"])
def test_members_outside_the_archive(name, layouts, tmp_path):
    made = layouts.falcor3d(tmp_path)
    with zipfile.ZipFile(made.sources[0], "a") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(DataError, match="outside the archive"):
        check("falcor3d", made.sources, any_size=True)


def test_links_and_duplicates_in_archives(layouts, tmp_path):
    made = layouts.isaac3d(tmp_path)
    link = zipfile.ZipInfo("Isaac3D_down128/images/link.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(made.sources[0], "a") as archive:
        archive.writestr(link, b"/etc/passwd")
    with pytest.raises(DataError, match="is a link"):
        check("isaac3d", made.sources, any_size=True)
    made = layouts.isaac3d(tmp_path)
    with zipfile.ZipFile(made.sources[0], "a") as archive, pytest.warns(UserWarning):
        archive.writestr("Isaac3D_down128/images/000003.png", b"x")
    with pytest.raises(DataError, match="comes twice"):
        check("isaac3d", made.sources, any_size=True)


def test_tar_links_and_escapes(tmp_path):
    import tarfile

    path = tmp_path / "nips2015-analogy-data.tar.gz"
    for name, kind in (("data/cars/list.txt", tarfile.SYMTYPE), ("../list.txt", tarfile.REGTYPE)):
        with tarfile.open(path, "w:gz") as archive:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info, io.BytesIO())
        with pytest.raises(DataError, match="refused"):
            check("cars3d", path, any_size=True)


def test_hdf5_links_to_other_files(layouts, tmp_path):
    made = layouts.shapes3d(tmp_path)
    sneaky = tmp_path / "sneaky" / "3dshapes.h5"
    sneaky.parent.mkdir()
    with h5py.File(sneaky, "w") as file:
        file["images"] = h5py.ExternalLink(str(made.sources[0]), "images")
        file["labels"] = np.zeros((24, 6))
    with pytest.raises(DataError, match="images is a link"):
        check("shapes3d", sneaky, any_size=True)


def test_missing_and_surplus_images(layouts, tmp_path):
    made = layouts.falcor3d(tmp_path)
    with zipfile.ZipFile(made.sources[0], "a") as archive:
        archive.writestr("Falcor3D_down128/images/000072.png", b"x")
    with pytest.raises(DataError, match="73 images but labels for 72"):
        check("falcor3d", made.sources, any_size=True)
    made = layouts.falcor3d(tmp_path, labels=np.zeros((74, 7), np.float32))
    with pytest.raises(DataError, match="2 of 74 labelled images are missing, first .*000072.png"):
        check("falcor3d", made.sources, any_size=True)


def test_duplicate_lines_in_celebas_list(layouts, tmp_path):
    made = layouts.celeba(tmp_path)
    path = made.sources[1]
    path.write_text(path.read_text().replace("000002.jpg", "000001.jpg"))
    with pytest.raises(DataError, match="a file name twice"):
        check("celeba", made.sources, any_size=True)


@pytest.mark.parametrize(
    "label, message", [(1.2, "lighting_intensity"), (-0.2, "k/"), (np.nan, "finite"), (0.53, "k/")]
)
def test_labels_out_of_range(label, message, layouts, tmp_path):
    labels = np.zeros((72, 7), np.float32)
    labels[5, 0] = label
    made = layouts.falcor3d(tmp_path, labels=labels)
    with pytest.raises(DataError, match=f"image 5.*{message}"):
        check("falcor3d", made.sources, any_size=True)


def test_smallnorb_wrong_magic_and_odd_azimuth(layouts, tmp_path):
    made = layouts.smallnorb(tmp_path)
    dat = made.sources[0]
    intact = dat.read_bytes()
    import gzip

    dat.write_bytes(gzip.compress(b"\0" * 4000))
    with pytest.raises(DataError, match="not one of SmallNORB's files"):
        check("smallnorb", made.sources, any_size=True)
    dat.write_bytes(intact)
    info = made.sources[2]
    info.write_bytes(gzip.compress(layouts.norb_bytes(np.full((4, 4), 3), "info")))
    with pytest.raises(DataError, match="odd azimuth"):
        check("smallnorb", made.sources, any_size=True)


ARRAYS = st.one_of(
    st.none(),
    st.builds(
        lambda shape, dtype, fill: np.full(shape, fill).astype(dtype),
        st.lists(st.integers(0, 5), min_size=0, max_size=4),
        st.sampled_from(["u1", "i8", "f4", "f8", "?", "U3", "c8"]),
        st.integers(0, 9),
    ),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(images=ARRAYS, classes=ARRAYS, name=st.sampled_from(["dsprites", "mpi3d"]))
def test_any_wrong_npz_is_a_data_error(images, classes, name, tmp_path):
    path = tmp_path / "wrong.npz"
    key = "imgs" if name == "dsprites" else "images"
    arrays = {key: images, "latents_classes": classes}
    np.savez(path, **{k: v for k, v in arrays.items() if v is not None})
    with pytest.raises(DataError, match=r"wrong\.npz"):
        check(name, path)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=300), name=st.sampled_from(sorted(ANY)))
def test_any_rubbish_is_a_data_error(data, name, layouts, tmp_path):
    folder = tmp_path / name
    if not folder.exists():
        folder.mkdir()
        layouts.by_name[name](folder)
    sources = sorted(folder.iterdir())
    sources[0].write_bytes(data)
    with pytest.raises(DataError):
        check(name, sources, any_size=True)
