"""Preparing a published file: done once, shared by processes, damage named."""

import pickle

import numpy as np
import pytest

from trainers.datasets import check, is_prepared, list_datasets, open_dataset, prepare
from trainers.errors import ConfigError, DataError


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
