"""Records: complete or absent, read without pickle, found by name."""

import numpy as np
import pytest

from trainers.errors import RecordError
from trainers.saving.folders import LocalFolder, write_digested
from trainers.saving.records import (
    Milestone,
    find_records,
    read_divergence,
    read_milestone,
    write_divergence,
    write_milestone,
)


@pytest.fixture
def folder(tmp_path):
    return LocalFolder(tmp_path)


def milestone(iteration=20, **changes):
    rng = np.random.default_rng(iteration)
    values = dict(
        iteration=iteration,
        metrics={"measure/cbd": 0.1 + 0.2, "valid/recon": 1 / 3},
        trajectory_names=("loss/recon", "loss/kl"),
        trajectory_ST=rng.normal(size=(4, 3)),
        mu_NL=rng.normal(size=(6, 2)).astype(np.float32),
        logvar_NL=rng.normal(size=(6, 2)).astype(np.float32),
        factors_NK=rng.integers(0, 3, (6, 5)),
        indices_N=np.arange(6),
        about={"dataset_fingerprint": "dsprites/rendered-1", "created_s": 12.5},
    )
    return Milestone(**(values | changes))


class FullFolder(LocalFolder):
    """Keeps what it was to write, as the traceback of an error does."""

    def write(self, name, data):
        self.kept = data
        raise OSError("no space left on device")


def test_after_a_failed_write_nothing_views_its_buffer(tmp_path):
    """Else Python 3.13 prints an error of the buffer when it is collected."""
    full = FullFolder(tmp_path)
    with pytest.raises(OSError, match="no space"):
        write_milestone(full, milestone())
    with pytest.raises(ValueError, match="released"):
        bytes(full.kept)


def test_a_record_is_read_back_bitwise(folder):
    written = milestone()
    read = read_milestone(folder, write_milestone(folder, written))
    assert dict(read.metrics) == dict(written.metrics)
    assert dict(read.about) == dict(written.about)
    assert (read.iteration, read.trajectory_names, read.failed) == (
        20,
        ("loss/recon", "loss/kl"),
        "",
    )
    for name in ("trajectory_ST", "mu_NL", "logvar_NL", "factors_NK", "indices_N"):
        assert np.array_equal(getattr(read, name), getattr(written, name))
        assert getattr(read, name).dtype == getattr(written, name).dtype


def test_records_are_found_by_iteration(folder):
    names = {t: write_milestone(folder, milestone(t)) for t in (300, 20)}
    name = write_divergence(folder, 412, "loss/kl")
    write_digested(folder, "checkpoint-000000000300", ".pt", b"x")
    found = find_records(folder)
    assert dict(found.milestones) == {20: names[20], 300: names[300]}
    assert dict(found.diverged) == {412: name}
    assert found.checkpoints == (300,)
    assert read_divergence(folder, name) == (412, "loss/kl")


def test_a_truncated_record_is_refused(folder):
    name = write_milestone(folder, milestone())
    data = (folder.path / name).read_bytes()
    (folder.path / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(RecordError, match="damaged"):
        read_milestone(folder, name)


def test_another_file_with_a_valid_digest_is_refused(folder):
    name = write_digested(folder, "milestone-000000000001", ".npz", b"not an archive")
    with pytest.raises(RecordError, match="not a milestone record"):
        read_milestone(folder, name)


def test_a_record_that_holds_a_pickle_is_refused(folder):
    import io

    buffer = io.BytesIO()
    np.savez(buffer, header=np.array([{"a": 1}], dtype=object))
    name = write_digested(folder, "milestone-000000000001", ".npz", buffer.getbuffer())
    with pytest.raises(RecordError, match="not a milestone record"):
        read_milestone(folder, name)


def test_a_record_of_a_later_format_is_named(folder, monkeypatch):
    monkeypatch.setattr("trainers.saving.records._FORMAT", 99)
    name = write_milestone(folder, milestone())
    monkeypatch.undo()
    with pytest.raises(RecordError, match="format 99; this version reads 1"):
        read_milestone(folder, name)
