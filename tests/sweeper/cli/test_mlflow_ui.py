"""The MLflow UI: its address, what it refuses, and what the store says to it."""

import json
import socket

import pytest

from sweeper.cli.mlflow_ui import address, serve
from sweeper.errors import TrackingError, UsageError
from sweeper.tracking import layout
from sweeper.tracking.writing import experiment_page


def test_the_address_is_that_of_the_newest_experiment_s_view(trained):
    assert address(trained.uri, 5000) == (
        "http://127.0.0.1:5000/#/experiments/1/runs?viewStateShareKey=sweeper"
        "&workflowType=machine_learning"
    )


def test_a_store_without_experiments_has_a_plain_address(new_store):
    assert address(new_store(), 5001) == "http://127.0.0.1:5001"
    assert address("postgresql://host/db", 5001) == "http://127.0.0.1:5001"


def test_a_store_without_a_ui_here_is_an_error(tmp_path, new_store):
    with pytest.raises(UsageError, match="has its own UI"):
        serve("http://127.0.0.1:1", 5000)
    with pytest.raises(TrackingError, match="no MLflow store"):
        serve(f"sqlite:///{tmp_path / 'none.db'}", 5000)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="is in use: name another by --port"):
            serve(new_store(), taken.getsockname()[1])


def client(uri):
    from mlflow.tracking import MlflowClient

    return MlflowClient(uri)


def test_an_experiment_is_described_once_and_users_descriptions_are_kept(trained):
    mlflow = client(trained.uri)
    found = mlflow.get_experiment_by_name(layout.DEFAULT_EXPERIMENT)
    assert "scores of a sweep" in found.tags[layout.NOTE]
    view = json.loads(found.tags["mlflow.sharedViewState.sweeper"])
    state = json.loads(view["state"])
    assert state["orderByKey"] == "metrics.`measure/cbd`" and state["orderByAsc"] is False
    assert "params.`dataset`" in state["selectedColumns"]

    class Recorder:
        changed: list[str] = []

        def set_experiment_tag(self, experiment_id, key, value):
            self.changed.append(key)

    experiment_page.describe_experiment(Recorder(), "1", {layout.NOTE: "mine"}, 0)
    assert layout.NOTE not in Recorder.changed and len(Recorder.changed) == 2


def test_a_run_names_its_dataset_and_shows_its_picture(trained):
    mlflow = client(trained.uri)
    (stored, *_) = trained.study().stored.values()
    run = mlflow.get_run(stored.mlflow_run_id)
    (entry,) = run.inputs.dataset_inputs
    assert entry.dataset.name == "dsprites"
    assert json.loads(entry.dataset.profile)["orientation"] == 40
    assert f"path=pcc.png&run_uuid={stored.mlflow_run_id}" in run.data.tags[layout.NOTE]
    assert run.data.tags[layout.PARENT]
