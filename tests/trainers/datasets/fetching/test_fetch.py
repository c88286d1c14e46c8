"""`fetch`: from the published places to the prepared form."""

import hashlib
from dataclasses import replace

import pytest

from trainers.datasets import open_dataset
from trainers.datasets.fetching import fetch as module
from trainers.datasets.fetching.fetch import fetch
from trainers.datasets.fetching.places import DOWNLOADS, Download, RemoteFile
from trainers.datasets.published import dsprites
from trainers.datasets.published.reading import Checksum
from trainers.errors import ConfigError, DataError
from trainers.specs.datasets import DATASETS


@pytest.fixture
def published(server, layouts, tmp_path, monkeypatch):
    """A miniature of dSprites, published at one place that is gone and one that is not."""
    path = layouts.dsprites(tmp_path).sources[0]
    content = path.read_bytes()
    known = Checksum("md5", hashlib.md5(content).hexdigest())
    urls = (server.url("gone"), server.url("mirror"))
    server.files = {"mirror": content}
    files = (RemoteFile(path.name, urls, known),)
    monkeypatch.setitem(DOWNLOADS, "dsprites", Download(files, "a licence", "http://page.invalid"))
    small = replace(DATASETS["dsprites"], factor_sizes=(2, 1, 3, 2, 2), num_images=24)
    monkeypatch.setitem(DATASETS, "dsprites", small)
    monkeypatch.setattr(dsprites, "NPZ", known)
    return server


@pytest.mark.parametrize("keep", [False, True])
def test_fetch_prepares_and_keeps_the_archive_or_not(published, tmp_path, keep):
    data = tmp_path / "data"
    dataset = fetch("dsprites", data, keep=keep)
    assert len(dataset) == 24 and dataset.fingerprint.startswith("dsprites/published-")
    assert [path.name for path in (data / "downloads").rglob("*.npz")] == (
        [DOWNLOADS["dsprites"].files[0].name] if keep else []
    )
    assert len(open_dataset("dsprites", source="published", data_dir=data)) == 24
    published.files = {}
    assert fetch("dsprites", data).fingerprint == dataset.fingerprint  # no second download


def test_offline_says_what_to_do_by_hand(published, tmp_path, monkeypatch):
    published.files = {}
    name = DOWNLOADS["dsprites"].files[0].name
    with pytest.raises(DataError) as caught:
        fetch("dsprites", tmp_path / "data")
    text = str(caught.value)
    assert text.count("404 Not Found") == 2 and "No proxy is set" in text
    assert f"download {name} (see http://page.invalid)" in text
    assert f"sweeper data prepare dsprites --source FOLDER --data {tmp_path / 'data'}" in text


def test_the_message_names_the_proxy_without_its_password(monkeypatch):
    for variable in module.PROXIES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@proxy.lab:3128")
    text = module._proxies()
    assert "HTTPS_PROXY = proxy.lab:3128" in text and "secret" not in text


def test_without_a_network_fetch_names_the_place_and_the_way_by_hand(server, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", server.url("").rstrip("/"))  # refuses CONNECT
    with pytest.raises(DataError) as caught:
        fetch("scream_dsprites", tmp_path)
    text = str(caught.value)
    assert "https://upload.wikimedia.org/wikipedia/commons/f/f4/The_Scream.jpg" in text
    assert "see https://commons.wikimedia.org/wiki/File:The_Scream.jpg" in text
    assert "sweeper data prepare scream_dsprites --source FOLDER" in text


def test_an_unknown_name(tmp_path):
    with pytest.raises(ConfigError, match='Did you mean "mpi3d"'):
        fetch("mpi3", tmp_path)


def test_every_published_dataset_has_places_a_licence_and_the_files_of_its_spec():
    assert list(DOWNLOADS) == [name for name, spec in DATASETS.items() if spec.files]
    for name, wanted in DOWNLOADS.items():
        assert wanted.licence and wanted.page.startswith("http")
        for file in wanted.files:
            assert any(file.name in stated for stated in DATASETS[name].files), file.name
            assert len(set(file.urls)) == len(file.urls) > 1
            assert all(url.startswith(("http://", "https://")) for url in file.urls)
