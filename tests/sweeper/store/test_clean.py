"""Which files of a store can go: never a record that MLflow lacks, never what is unfinished."""

from sweeper.store.clean import (
    CHECKPOINT,
    ORPHAN,
    TEMPORARY,
    WEIGHTS,
    Needs,
    finished_checkpoints,
    has_weights,
    removable_files,
    remove_files,
)
from trainers.saving.folders import LocalFolder, write_digested

A, B, C = "a" * 16, "b" * 16, "c" * 16


def store_of(tmp_path, training, *files):
    folder = LocalFolder(tmp_path / "trainings" / training)
    for kind, number in files:
        suffix = ".npz" if kind == "milestone" else ".pt"
        write_digested(folder, f"{kind}-{number:012d}", suffix, b"12345")
    (folder.path / ".held").touch()
    return folder


def found(tmp_path, **needs):
    files = removable_files(tmp_path, Needs(**({"published": {}, "unfinished": ()} | needs)))
    return {(f.path.parent.name[0], f.path.name.split("-")[0], f.reason) for f in files}


def test_checkpoints_are_removed_once_every_record_is_published(tmp_path):
    store_of(tmp_path, A, ("milestone", 10), ("milestone", 20), ("checkpoint", 20))
    assert found(tmp_path) == found(tmp_path, published={A: {10}}) == set()
    assert found(tmp_path, published={A: {10, 20}}) == {("a", "checkpoint", CHECKPOINT)}
    assert found(tmp_path, published={A: {10, 20}}, unfinished={A}) == set()


def test_a_checkpoint_beyond_the_last_record_stays(tmp_path):
    folder = store_of(tmp_path, A, ("milestone", 10), ("checkpoint", 10), ("checkpoint", 15))
    files = removable_files(tmp_path, Needs({A: {10}}, ()))
    assert [f.path.name[:23] for f in files] == ["checkpoint-000000000010"]
    assert len(finished_checkpoints(folder, 15)) == 2
    assert [n[:23] for n in finished_checkpoints(folder, 15, keep=1)] == ["checkpoint-000000000010"]
    assert finished_checkpoints(folder, 15, keep=2) == finished_checkpoints(folder, 9) == []


def test_orphans_are_removed_if_their_records_are_published(tmp_path):
    store_of(tmp_path, A, ("milestone", 10), ("checkpoint", 12), ("weights", 10))
    store_of(tmp_path, B, ("milestone", 10))
    store_of(tmp_path, C, ("checkpoint", 5))
    names = {(n, ORPHAN) for n in ("milestone", "checkpoint", "weights")}
    whole = found(tmp_path, published={A: {10}}, orphans={A, B})
    assert {name[1:] for name in whole} == names and {name[0] for name in whole} == {"a"}
    assert found(tmp_path, orphans={C}) == {("c", "checkpoint", ORPHAN)}


def test_weights_that_no_grid_keeps_are_removed_each_once(tmp_path):
    folder = store_of(tmp_path, A, ("milestone", 10), ("weights", 10), ("weights", 20))
    store_of(tmp_path, B, ("weights", 10))
    files = removable_files(tmp_path, Needs({}, {A}, weights={A: {20, 30}}))
    assert [(f.path.name[:20], f.reason) for f in files] == [("weights-000000000020", WEIGHTS)]
    whole = removable_files(tmp_path, Needs({A: {10}}, (), {A}, {A: {10}}))
    assert [f.reason for f in whole].count(WEIGHTS) == 1 and len(whole) == 3
    assert has_weights(folder, 20) and not has_weights(folder, 30)
    assert has_weights(folder, None) and not has_weights(LocalFolder(tmp_path / "no"), None)


def test_temporary_files_are_removed_and_others_stay(tmp_path):
    folder = store_of(tmp_path, A, ("milestone", 10))
    (folder.path / ".1234.tmp").write_bytes(b"123")
    (tmp_path / ".calibration-1").mkdir()
    (tmp_path / ".calibration-1" / "x.pt").write_bytes(b"1")
    (tmp_path / "timings.json").write_text("{}")
    (tmp_path / "notes.txt").write_text("mine")
    files = removable_files(tmp_path, Needs({}, {A}))
    assert {f.path.name for f in files} == {".1234.tmp", "x.pt"}
    assert {f.reason for f in files} == {TEMPORARY} and sum(f.size for f in files) == 4
    assert remove_files(files) == []
    left = {p.name for p in tmp_path.iterdir()}
    assert left == {"trainings", "timings.json", "notes.txt"}
    assert removable_files(tmp_path, Needs({}, {A})) == []


def test_what_cannot_be_removed_is_reported(tmp_path, monkeypatch):
    store_of(tmp_path, A, ("milestone", 10), ("checkpoint", 10))
    files = removable_files(tmp_path, Needs({A: {10}}, ()))

    def unlink(path, missing_ok):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.unlink", unlink)
    (line,) = remove_files(files)
    assert "checkpoint-" in line and "Read-only file system" in line


def test_a_store_that_is_not_there_has_nothing_to_remove(tmp_path):
    assert removable_files(tmp_path / "none", Needs({}, ())) == []
