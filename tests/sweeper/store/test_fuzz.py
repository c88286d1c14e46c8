"""Whatever is in a sweep store or where MLflow's database should be: success, or one clear
error; never a trace, and never a good file lost."""

import hashlib
import json
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sweeper.errors import SweeperError
from sweeper.grid import Grid
from sweeper.planning.remaining import plan_grid
from sweeper.planning.settings import default_settings
from sweeper.store.folders import read_progress
from sweeper.store.launch_lock import local_holder_pid, store_lock
from tests.trainers.toy import TinyNetwork, Toy, toy_config
from trainers.errors import TrainerError
from trainers.networks import NETWORKS
from trainers.saving.folders import LocalFolder
from trainers.saving.records import find_records, read_milestone
from trainers.training import Training

ID = "0123456789abcdef"
QUICK = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

stems = st.sampled_from(["milestone", "checkpoint", "diverged", "weights", "notes"])
numbers = st.sampled_from(["000000000010", "000000000020", "40", "-1", "x", "9" * 30])
endings = st.sampled_from([".npz", ".pt", ".json", "", ".tmp"])
contents = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(
        [b"", b"{}", b"PK\x03\x04", b"\x80\x04.", b'{"iteration": 10}', b"null", b"[]"]
    ),
)


@st.composite
def files(draw):
    """{name: content}; content None makes a folder of that name. Half of the digests are right."""
    made = {}
    for _ in range(draw(st.integers(0, 6))):
        content = draw(contents)
        digest = hashlib.sha256(content).hexdigest()[:16]
        digest = draw(st.sampled_from([digest, digest, "0" * 16, "zz"]))
        name = f"{draw(stems)}-{draw(numbers)}-{digest}{draw(endings)}"
        made[name] = draw(st.sampled_from([content, content, content, None]))
    foreign = draw(st.lists(st.from_regex(r"\A[\w. -]{1,20}\Z"), max_size=3))
    return made | {name: b"foreign" for name in foreign if name.strip(". ")}


def lay(folder, made):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in made.items():
        if content is None:
            (folder / name).mkdir(exist_ok=True)
        elif not (folder / name).is_dir():
            (folder / name).write_bytes(content)


@pytest.fixture(scope="module", autouse=True)
def tiny_network():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(NETWORKS, "mlp", TinyNetwork)
        yield


@pytest.fixture(scope="module")
def good(tiny_network, tmp_path_factory):
    """The folder of a training that was stopped halfway: a record and a checkpoint."""
    folder = tmp_path_factory.mktemp("good")
    training = Training(toy_config(), LocalFolder(folder), dataset=Toy(), checkpoint_s=0)
    while not find_records(LocalFolder(folder)).milestones:
        training.advance(1e-9)
    training.close()
    return folder


@QUICK
@given(made=files())
def test_a_training_opens_or_raises_a_named_error(good, made):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "training")
        shutil.copytree(good, folder)
        before = {path.name for path in folder.glob("milestone-*20-*.npz")}
        lay(folder, made)
        try:
            training = Training(toy_config(), LocalFolder(folder), dataset=Toy())
            assert training.iteration in (0, 10, 20, 30)
            training.close()
        except TrainerError as error:
            assert str(error)
        assert before <= {path.name for path in folder.iterdir()}, "a good record is kept"
        for name in find_records(LocalFolder(folder)).milestones.values():
            try:
                read_milestone(LocalFolder(folder), name)
            except TrainerError as error:
                assert str(error)


@QUICK
@given(made=files(), lock=contents)
def test_a_plan_is_made_whatever_is_in_the_store(made, lock):
    grid = Grid(
        datasets="dsprites",
        models=["vae"],
        axes={"batch_size": 16, "learning_rate": 1e-3, "iterations": [10, 20]},
    )
    with tempfile.TemporaryDirectory() as place:
        setting = default_settings(Path(place))
        store = Path(setting.store)
        (training,) = plan_grid(grid, setting).trainings
        lay(store / "trainings" / training.training_id, made)
        lay(store, made)
        (store / "launch.lock").write_bytes(lock)
        plan = plan_grid(grid, setting)
        assert plan.runs == 2
        assert 0 <= plan.steps_to_run <= 20
        assert local_holder_pid(setting.store) is None
        with store_lock(setting.store, "grid"):
            assert json.loads((store / "launch.lock").read_text())["grid"] == "grid"


@QUICK
@given(content=st.one_of(contents.filter(bool), st.binary(min_size=100, max_size=5000)))
def test_a_file_that_is_no_mlflow_database_is_an_error(content):
    with tempfile.TemporaryDirectory() as place:
        setting = default_settings(Path(place))
        Path(place, "mlflow.db").write_bytes(content)
        with pytest.raises(SweeperError) as refused:
            plan_grid(Grid(datasets="dsprites", models=["vae"], axes=AXES), setting)
        assert "mlflow.db" in str(refused.value)
        assert Path(place, "mlflow.db").read_bytes() == content


AXES = {"batch_size": 16, "learning_rate": 1e-3, "iterations": [10]}


def test_another_programs_database_is_an_error_and_unchanged(tmp_path):
    with sqlite3.connect(tmp_path / "mlflow.db") as connection:
        connection.execute("CREATE TABLE runs (a)")
    before = (tmp_path / "mlflow.db").read_bytes()
    with pytest.raises(SweeperError, match="not one of MLflow's"):
        plan_grid(Grid(datasets="dsprites", models=["vae"], axes=AXES), default_settings(tmp_path))
    assert (tmp_path / "mlflow.db").read_bytes() == before


def test_a_folder_that_is_a_file_holds_nothing(tmp_path):
    (tmp_path / "trainings").mkdir()
    (tmp_path / "trainings" / ID).write_text("")
    assert not read_progress(str(tmp_path), [ID])[ID].milestones
