"""`sweeper clean` on a small store of real trainings."""

import json
import shutil
from dataclasses import replace

import pytest
import yaml

from sweeper.grid import load_grid
from sweeper.launching.launch import launch
from sweeper.planning.settings import default_settings
from sweeper.store.launch_lock import store_lock
from sweeper.store.ray_sessions import record_session

GRID = {
    "name": "g",
    "datasets": "dsprites",
    "models": ["vae"],
    "axes": {"network": "cnn", "iterations": [10], "learning_rate": [1e-3, 1e-4]},
    "evaluation": {"num_points": 200, "measures": ["cbd"]},
    "keep_weights": "none",
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a finished sweep whose checkpoints were kept."""
    folder = tmp_path_factory.mktemp("finished")
    outcome = launch(write(folder), replace(default_settings(folder), engine="local"))
    assert outcome.exit_code == 0
    return folder


@pytest.fixture
def study(finished, tmp_path, monkeypatch):
    """A copy of it, as the working folder."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder, **changes):
    (folder / "g.yaml").write_text(yaml.safe_dump(GRID | changes))
    return load_grid(folder / "g.yaml")


def files(folder, kind):
    return sorted(folder.glob(f"sweep_store/trainings/*/{kind}-*"))


def test_a_dry_run_shows_and_then_checkpoints_are_removed(study, command):
    assert len(files(study, "checkpoint")) == 2
    code, out, _ = command("clean", "--dry-run")
    assert code == 0 and "checkpoints of finished trainings: 2 files, " in out
    assert "can be removed" in out and len(files(study, "checkpoint")) == 2
    before = files(study, "milestone")
    code, out, _ = command("clean")
    assert code == 0 and "MB removed" in out
    assert files(study, "checkpoint") == [] and files(study, "milestone") == before
    assert "nothing to remove" in command("clean")[1]
    again = launch(load_grid(study / "g.yaml"), replace(default_settings(), engine="local"))
    assert again.exit_code == 0 and again.num_done == 2


def test_weights_of_runs_that_were_not_selected(study, command, monkeypatch):
    changes = {"keep_weights": "winners", "name": "w", "axes": GRID["axes"] | {"batch_size": 8}}
    changes["select"] = {"min_active": 0}
    with monkeypatch.context() as patch:  # a launch that was killed before it removed them
        patch.setattr("sweeper.launching.launch.settle_weights", lambda *given: [])
        launch(write(study, **changes), replace(default_settings(), engine="local"))
    before = files(study, "weights")
    assert len(before) == 2
    code, out, _ = command("clean", "--dry-run")
    assert code == 0 and "weights of runs that were not selected: 1 file, " in out
    assert files(study, "weights") == before
    code, out, _ = command("clean", "--json")
    assert json.loads(out)["found"]["weights of runs that were not selected"]["files"] == 1
    assert len(files(study, "weights")) == 1
    (row,) = json.loads(command("select", "w", "--no-tag", "--json", "--strict")[1])
    assert row["registered"]["version"] == 1


def test_folders_of_ray_that_launches_of_this_store_left(study, tmp_path, command):
    folders = [tmp_path / "ray" / f"session_2026-01-02_03-04-05_678901_{n}" for n in (1, 2)]
    for folder in folders:
        (folder / "logs").mkdir(parents=True)
        (folder / "logs" / "raylet.out").write_bytes(b"x" * 1500)
    record_session(str(study / "sweep_store"), str(folders[0]))
    reason = "temporary folders of Ray, of launches that ended"
    code, out, _ = command("clean", "--dry-run")
    assert code == 0 and f"{reason}: 1 folder, 1.5 kB" in out and folders[0].exists()
    code, out, _ = command("clean", "--json")
    assert json.loads(out)["found"][reason] == {"files": 1, "bytes": 1500}
    assert [folder.exists() for folder in folders] == [False, True]
    assert "nothing to remove" in command("clean")[1]
    assert list((study / "sweep_store" / "ray_sessions").iterdir()) == []


def test_what_an_edited_grid_no_longer_asks_for_goes_only_with_the_grid(study, command):
    write(study, axes=GRID["axes"] | {"learning_rate": 1e-3})
    code, out, _ = command("clean", "g.yaml", "--dry-run", "--json")
    found = json.loads(out)["found"]
    assert found["trainings that the grid no longer asks for"]["files"] == 2
    assert found["checkpoints of finished trainings"]["files"] == 1
    assert "no longer asks" not in command("clean", "--dry-run")[1]
    command("clean", "g.yaml")
    assert len(files(study, "milestone")) == 1


def test_trainings_that_a_longer_grid_asks_for_keep_theirs(study, command):
    write(study, axes=GRID["axes"] | {"iterations": [10, 20]})
    code, out, _ = command("clean", "g.yaml", "--dry-run")
    assert "nothing to remove" in out


def test_nothing_is_touched_while_a_launch_runs_or_without_mlflow(study, command):
    with store_lock(str(study / "sweep_store"), "g"):
        code, out, err = command("clean")
    assert code == 2 and "is in use by the launch of g" in err[0] and out == ""
    code, _, err = command("clean", "--tracking-uri", "sqlite:///other.db")
    assert len(files(study, "checkpoint")) == 2


def test_a_wrong_store_is_one_line(tmp_path, command):
    code, _, err = command("clean")
    assert code == 2 and "there is no sweep store. Name one with --store" in err[0]
    code, _, err = command("clean", "--store", "s3://bucket/a")
    assert code == 2 and "only a store on disk" in err[0]
