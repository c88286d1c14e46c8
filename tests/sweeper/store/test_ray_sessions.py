"""Which of Ray's folders can go: those that this store's launches left, and no other."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sweeper.store.clean import SESSION, remove_files
from sweeper.store.ray_sessions import (
    ended_sessions,
    forget_removed_sessions,
    record_session,
)

NAME = "session_2026-11-27_07-02-15_375678_845700"


@pytest.fixture
def store(tmp_path):
    (tmp_path / "store").mkdir()
    return tmp_path / "store"


def session(tmp_path, name=NAME, parent="ray"):
    folder = tmp_path / parent / name
    (folder / "logs").mkdir(parents=True)
    (folder / "logs" / "raylet.out").write_bytes(b"12345")
    (folder / "logs" / "link").symlink_to(tmp_path / "store")
    return folder


def found(store):
    return [file.path for file in ended_sessions(store)]


def records(store):
    return [path.name for path in (store / "ray_sessions").iterdir()]


def test_a_recorded_folder_goes_with_its_record(tmp_path, store):
    folder = session(tmp_path)
    assert ended_sessions(store) == []
    record_session(str(store), str(folder))
    (file,) = ended_sessions(store)
    assert (file.path, file.size, file.reason) == (folder, 5, SESSION)
    forget_removed_sessions(store)
    assert records(store) == [f"{NAME}.json"]
    (store / "mine").touch()  # what a link inside leads to stays
    assert remove_files([file]) == [] and not folder.exists() and (store / "mine").exists()
    forget_removed_sessions(store)
    assert records(store) == [] and ended_sessions(store) == []


def test_folders_of_others_stay(tmp_path, store):
    session(tmp_path)  # of a launch with another store
    other = session(tmp_path, NAME.replace("845700", "1"))
    record_session(str(store), str(other))
    assert found(store) == [other]


@pytest.mark.parametrize(
    ("name", "parent"),
    [
        ("session_latest", "ray"),
        (f"{NAME}x", "ray"),
        (f"x{NAME}", "ray"),
        ("logs", "ray"),
        (NAME, "results"),
    ],
)
def test_other_names_than_those_of_ray_are_refused(tmp_path, store, name, parent):
    record_session(str(store), str(session(tmp_path, name, parent)))
    assert found(store) == [] and len(records(store)) == 1


def test_links_are_refused(tmp_path, store):
    target = session(tmp_path, "target")
    (tmp_path / "ray" / NAME).symlink_to(target)
    record_session(str(store), str(tmp_path / "ray" / NAME))
    assert found(store) == []
    (tmp_path / "ray" / NAME).unlink()
    (tmp_path / "elsewhere").mkdir()
    session(tmp_path, NAME, "real")
    (tmp_path / "elsewhere" / "ray").symlink_to(tmp_path / "real")
    record_session(str(store), str(tmp_path / "elsewhere" / "ray" / NAME))
    assert found(store) == []


def test_files_and_roundabout_and_relative_paths_are_refused(tmp_path, store, monkeypatch):
    folder = session(tmp_path)
    monkeypatch.chdir(tmp_path)
    for path in (Path("ray", NAME), tmp_path / "ray" / ".." / "ray" / NAME):
        record_session(str(store), str(path))
        assert found(store) == []
    (tmp_path / "a" / "ray").mkdir(parents=True)
    (tmp_path / "a" / "ray" / NAME).touch()
    record_session(str(store), str(tmp_path / "a" / "ray" / NAME))
    assert found(store) == [] and folder.exists()


def test_folders_of_another_user_are_refused(tmp_path, store, monkeypatch):
    record_session(str(store), str(session(tmp_path)))
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert found(store) == []


def test_folders_of_another_machine_are_refused_and_their_records_kept(
    tmp_path, store, monkeypatch
):
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    record_session(str(store), str(session(tmp_path)))
    record_session(str(store), str(tmp_path / "ray" / NAME.replace("845700", "1")))
    monkeypatch.undo()
    assert found(store) == []
    forget_removed_sessions(store)
    assert len(records(store)) == 2


@pytest.mark.parametrize("use", ["open", "argument", "cwd"])
def test_a_folder_that_a_process_uses_is_refused(tmp_path, store, use):
    folder = session(tmp_path)
    record_session(str(store), str(folder))
    code = "import sys; print(1, flush=True); sys.stdin.read()"
    arguments, given = [sys.executable, "-c", code], {}
    if use == "open":
        given["stderr"] = open(folder / "logs" / "worker.err", "w")  # as Ray's workers have
    if use == "argument":
        arguments.append(f"--session-dir={folder}")
    if use == "cwd":
        given["cwd"] = folder / "logs"
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **given
    ) as process:
        if use == "open":
            given["stderr"].close()
        process.stdout.readline()
        assert found(store) == []
        process.stdin.close()
    assert found(store) == [folder]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"folder": 3, "host": "h"}', "{"])
def test_damaged_records_name_nothing(store, text):
    (store / "ray_sessions").mkdir()
    (store / "ray_sessions" / "a.json").write_text(text)
    assert found(store) == []
    forget_removed_sessions(store)
    assert records(store) == ["a.json"]


def test_a_record_says_folder_and_machine(tmp_path, store):
    record_session(str(store), f"/tmp/ray/{NAME}")
    (path,) = (store / "ray_sessions").iterdir()
    about = {"folder": f"/tmp/ray/{NAME}", "host": socket.gethostname()}
    assert json.loads(path.read_text()) == about


def test_a_store_that_cannot_be_written_does_not_stop_the_launch(store, caplog):
    (store / "ray_sessions").touch()
    record_session(str(store), f"/tmp/ray/{NAME}")
    assert f"/tmp/ray/{NAME} is not recorded" in caplog.text


def test_nothing_is_recorded_in_a_bucket(monkeypatch):
    monkeypatch.setattr("sweeper.store.ray_sessions.open_at", lambda *given: pytest.fail("opened"))
    record_session("s3://bucket/store", f"/tmp/ray/{NAME}")
