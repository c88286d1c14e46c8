"""Folders: atomic writes, names with digests, detection of damage."""

import os

import pytest

from trainers.errors import RecordError
from trainers.saving.folders import (
    LocalFolder,
    files_by_number,
    is_damaged,
    read_digested,
    stem_of,
    write_digested,
)


@pytest.fixture
def folder(tmp_path):
    return LocalFolder(tmp_path / "deep" / "folder")


def test_a_folder_that_does_not_exist_is_empty(folder):
    assert folder.names() == []


def test_what_is_written_is_read_back(folder):
    name = write_digested(folder, "thing-000001", ".bin", b"content")
    assert folder.names() == [name]
    assert read_digested(folder, name) == b"content"
    assert stem_of(name) == "thing-000001"


@pytest.mark.parametrize("damage", [b"", b"conten", b"contenT", b"content!"])
def test_damage_is_detected_by_the_digest(folder, damage):
    name = write_digested(folder, "thing", ".bin", b"content")
    (folder.path / name).write_bytes(damage)
    with pytest.raises(RecordError, match="damaged"):
        read_digested(folder, name)


def test_only_a_file_with_other_content_counts_as_damaged(folder, monkeypatch):
    """What cannot be read now may be intact, and must not be removed for it."""
    name = write_digested(folder, "thing", ".bin", b"content")
    assert not is_damaged(folder, name)
    assert not is_damaged(folder, "absent-0123456789abcdef.bin")
    (folder.path / name).write_bytes(b"contenT")
    assert is_damaged(folder, name)

    def refused(self, name):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(LocalFolder, "read", refused)
    assert not is_damaged(folder, name)


def test_a_missing_file_is_named(folder):
    with pytest.raises(RecordError, match="nothing-0123456789abcdef.bin"):
        folder.read("nothing-0123456789abcdef.bin")


def test_a_failed_write_leaves_nothing_behind(folder, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        folder.write("thing.bin", b"content")
    assert list(folder.path.iterdir()) == []


def test_a_partial_file_is_never_listed_and_is_removed(folder):
    folder.write("whole.bin", b"1")
    (folder.path / ".thing.bin.abc.tmp").write_bytes(b"half")
    assert folder.names() == ["whole.bin"]
    folder.remove_partial_files()
    assert [p.name for p in folder.path.iterdir()] == ["whole.bin"]


def test_deleting_twice_is_no_error(folder):
    folder.write("thing.bin", b"1")
    folder.delete("thing.bin")
    folder.delete("thing.bin")
    assert folder.names() == []


def test_files_by_number_skips_other_kinds_and_other_names(folder):
    second = write_digested(folder, "checkpoint-000000000020", ".pt", b"2")
    first = write_digested(folder, "checkpoint-000000000003", ".pt", b"1")
    write_digested(folder, "milestone-000000000004", ".npz", b"3")
    folder.write("checkpoint-notes.txt", b"mine")
    assert list(files_by_number(folder, "checkpoint").items()) == [(3, first), (20, second)]
