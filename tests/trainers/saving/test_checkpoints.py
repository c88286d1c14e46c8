"""Checkpoints: the newest intact one is loaded, a damaged one is skipped."""

import threading

import pytest
import torch

from trainers.errors import RecordError
from trainers.saving.checkpoints import CheckpointWriter, load_newest, write_checkpoint
from trainers.saving.folders import LocalFolder, files_by_number


@pytest.fixture
def folder(tmp_path):
    return LocalFolder(tmp_path)


def state(iteration, identity="me"):
    return {"identity": identity, "iteration": iteration, "w": torch.full((3,), float(iteration))}


def iterations(folder):
    return list(files_by_number(folder, "checkpoint"))


def test_no_checkpoint_is_none(folder):
    assert load_newest(folder, "me") is None


def test_the_newest_two_are_kept(folder):
    for t in (10, 20, 30):
        write_checkpoint(folder, t, state(t))
    assert iterations(folder) == [20, 30]
    assert torch.equal(load_newest(folder, "me")["w"], torch.full((3,), 30.0))


def test_at_most_ignores_later_ones(folder):
    for t in (10, 20):
        write_checkpoint(folder, t, state(t))
    assert load_newest(folder, "me", at_most=19)["iteration"] == 10
    assert load_newest(folder, "me", at_most=9) is None


def test_writing_an_earlier_checkpoint_keeps_the_last_one(folder):
    for t in (90, 100, 10, 20, 30):
        write_checkpoint(folder, t, state(t))
    assert iterations(folder) == [20, 30, 100]


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty"])
def test_a_damaged_newest_checkpoint_is_replaced_by_the_one_before(folder, damage, caplog):
    write_checkpoint(folder, 10, state(10))
    path = folder.path / write_checkpoint(folder, 20, state(20))
    data = bytearray(path.read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 1
    path.write_bytes({"truncate": data[:100], "flip": data, "empty": b""}[damage])
    assert load_newest(folder, "me")["iteration"] == 10
    assert "damaged" in caplog.text
    assert iterations(folder) == [10]


def test_a_checkpoint_of_another_training_is_refused(folder):
    write_checkpoint(folder, 10, state(10, identity="other"))
    with pytest.raises(RecordError, match="another training"):
        load_newest(folder, "me")


def test_a_pickle_in_a_checkpoint_is_not_executed(folder):
    class Evil:
        def __reduce__(self):
            return (print, ("run",))

    write_checkpoint(folder, 10, state(10))
    write_checkpoint(folder, 20, {"identity": "me", "iteration": 20, "evil": Evil()})
    assert load_newest(folder, "me")["iteration"] == 10


def test_the_writer_raises_the_errors_of_its_thread(folder, monkeypatch):
    def full(name, data):
        raise OSError(28, "No space left on device")

    writer = CheckpointWriter(folder)
    monkeypatch.setattr(folder, "write", full)
    writer.submit(10, state(10))
    with pytest.raises(OSError, match="No space left"):
        writer.wait()
    monkeypatch.undo()
    writer.submit(20, state(20))
    writer.close()
    assert iterations(folder) == [20]


def test_the_writer_is_busy_until_the_file_is_written(folder, monkeypatch):
    go = threading.Event()
    write = folder.write
    monkeypatch.setattr(folder, "write", lambda *file: (go.wait(10), write(*file)))
    writer = CheckpointWriter(folder)
    writer.submit(10, state(10))
    assert writer.busy
    go.set()
    writer.wait()
    assert not writer.busy
    assert iterations(folder) == [10]
    writer.close()
