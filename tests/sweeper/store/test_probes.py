"""Files that test a store: what a store that loses or alters them is reported as."""

import pytest

from sweeper.errors import StoreError
from sweeper.store.probes import check_writable, has_probe, remove_probe, write_probe
from trainers.saving.folders import LocalFolder


def test_a_probe_is_seen_where_the_store_is_the_same_until_it_is_removed(tmp_path):
    here, elsewhere = str(tmp_path / "a"), str(tmp_path / "b")
    write_probe(here, "probe-1")
    assert has_probe(here, "probe-1") and not has_probe(elsewhere, "probe-1")
    remove_probe(here, "probe-1")
    assert not has_probe(here, "probe-1")


def test_a_store_that_returns_other_bytes_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(LocalFolder, "read", lambda self, name: b"other")
    with pytest.raises(StoreError, match="returns other bytes than were written"):
        check_writable(str(tmp_path))


def test_a_probe_that_cannot_be_written_names_the_store(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"store .*file cannot be written"):
        write_probe(str(tmp_path / "file"), "probe-1")
