"""A download ends with the published bytes, or with the reason of every place."""

import hashlib
import json
import socket
from types import SimpleNamespace

import numpy as np
import pytest

from trainers.datasets.fetching.download import Part, download
from trainers.datasets.fetching.places import RemoteFile
from trainers.datasets.published.reading import Checksum
from trainers.errors import DataError

CONTENT = np.random.default_rng(0).bytes(300_000)
SUM = Checksum("sha256", hashlib.sha256(CONTENT).hexdigest())


def remote(server, *paths, checksum=SUM):
    return RemoteFile("data.bin", tuple(server.url(path) for path in paths), checksum)


def ranges(server):
    return [asked for _, asked in server.requests]


@pytest.mark.parametrize("checksum", [SUM, None, Checksum("md5", hashlib.md5(CONTENT).hexdigest())])
def test_the_bytes_of_the_first_place(server, tmp_path, checksum):
    server.files = {"a": CONTENT}
    path = download(remote(server, "a", "b", checksum=checksum), tmp_path)
    assert path.read_bytes() == CONTENT
    assert [file.name for file in tmp_path.iterdir()] == ["data.bin"]
    assert len(server.requests) == 1


def test_a_complete_file_is_not_downloaded_again(server, tmp_path):
    (tmp_path / "data.bin").write_bytes(CONTENT)
    assert download(remote(server, "a"), tmp_path).read_bytes() == CONTENT
    assert server.requests == []


def test_broken_connections_continue_where_they_broke(server, tmp_path):
    server.files, server.break_after = {"a": CONTENT}, {"a": [100_000, 50_000]}
    assert download(remote(server, "a"), tmp_path).read_bytes() == CONTENT
    assert ranges(server) == [None, "bytes=100000-", "bytes=150000-"]


def test_a_second_call_continues_what_a_killed_one_left(server, tmp_path):
    server.files, server.break_after = {"a": CONTENT}, {"a": [100_000, 0]}
    with pytest.raises(DataError, match="no place delivered it"):
        download(remote(server, "a"), tmp_path)
    assert (tmp_path / "data.bin.part").stat().st_size == 100_000
    assert download(remote(server, "a"), tmp_path).read_bytes() == CONTENT
    assert ranges(server)[-1] == "bytes=100000-"


@pytest.mark.parametrize("checksum", [SUM, None])
def test_a_file_that_changed_meanwhile_is_not_mixed(server, tmp_path, checksum):
    server.files, server.break_after = {"a": b"x" * 300_000}, {"a": [100_000, 0]}
    with pytest.raises(DataError):
        download(remote(server, "a", checksum=checksum), tmp_path)
    server.files, server.versions = {"a": CONTENT}, {"a": '"2"'}
    path = download(remote(server, "a", checksum=checksum), tmp_path)
    assert path.read_bytes() == CONTENT


def test_without_version_and_sum_it_starts_again(server, tmp_path):
    server.files, server.break_after = {"a": CONTENT}, {"a": [100_000, 0]}
    server.versions = {"a": ""}
    with pytest.raises(DataError):
        download(remote(server, "a", checksum=None), tmp_path)
    assert download(remote(server, "a", checksum=None), tmp_path).read_bytes() == CONTENT
    assert set(ranges(server)) == {None}


def test_a_server_without_ranges_sends_all_again(server, tmp_path):
    server.files, server.break_after, server.ranges = {"a": CONTENT}, {"a": [100_000]}, False
    assert download(remote(server, "a"), tmp_path).read_bytes() == CONTENT


def test_too_many_kept_bytes_are_thrown_away(server, tmp_path):
    server.files = {"a": CONTENT}
    part = Part(tmp_path / "data.bin.part", server.url("a"), True)
    part.path.write_bytes(b"x" * (len(CONTENT) + 1))
    notes = {"url": server.url("a"), "version": None}
    (tmp_path / "data.bin.part.json").write_text(json.dumps(notes))
    assert download(remote(server, "a"), tmp_path).read_bytes() == CONTENT
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (None, ""),
        (b"altered" + CONTENT[7:], ""),
        (CONTENT[:1000], ""),
        (b"<html>quota</html>", "text/html"),
    ],
    ids=["404", "wrong sum", "truncated", "page"],
)
def test_the_mirror_follows_a_place_that_fails(server, tmp_path, content, kind):
    server.files = {"b": CONTENT} if content is None else {"a": content, "b": CONTENT}
    if kind:
        server.types = {"a": kind}
    assert download(remote(server, "a", "b"), tmp_path).read_bytes() == CONTENT
    assert [path for path, _ in server.requests] == ["/a", "/b"]
    assert [file.name for file in tmp_path.iterdir()] == ["data.bin"]


def test_every_place_is_named_with_its_reason(server, tmp_path):
    server.files = {"b": b"altered", "c": b"<html>"}
    server.types = {"c": "text/html; charset=utf-8"}
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # nothing listens there
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}/d"
        urls = (*remote(server, "a", "b", "c").urls, nowhere)
        with pytest.raises(DataError) as caught:
            download(RemoteFile("data.bin", urls, SUM), tmp_path)
    first, *lines = str(caught.value).splitlines()
    assert first == "data.bin: no place delivered it:"
    for line, reason in zip(lines, ["404", "another file", "a web page", "refused"], strict=True):
        assert reason in line.lower(), line
    assert not (tmp_path / "data.bin").exists()


def test_through_a_proxy(server, tmp_path, monkeypatch):
    """The server is the proxy: it gets requests with whole addresses of a host without a name."""
    server.files = {"a": CONTENT}
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
    path = download(RemoteFile("data.bin", ("http://data.invalid/a",), SUM), tmp_path)
    assert path.read_bytes() == CONTENT
    assert [path for path, _ in server.requests] == ["http://data.invalid/a"]


def test_progress_counts_kept_bytes(server, tmp_path):
    server.files, server.break_after = {"a": CONTENT}, {"a": [100_000]}
    seen = []
    download(remote(server, "a"), tmp_path, lambda *report: seen.append(report))
    assert seen[-1] == ("downloading data.bin", len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


def test_too_little_space_is_noticed_before(server, tmp_path, monkeypatch):
    server.files = {"a": CONTENT}
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=1000))
    with pytest.raises(DataError, match="are free"):
        download(remote(server, "a"), tmp_path)
