"""The experiment that a writer uses: deleted, renamed, or created by another launch meanwhile."""

import pytest

from sweeper.errors import TrackingError
from sweeper.tracking import layout
from sweeper.tracking.writing.writer import Writer
from tests.sweeper.support.publications import client, milestone, publication

pytestmark = pytest.mark.usefixtures("no_pictures")


def test_a_deleted_experiment_is_an_error_with_the_restore_command(writer, uri, tmp_path):
    mlflow = client(uri)
    mlflow.delete_experiment(mlflow.get_experiment_by_name("sweeper-tests").experiment_id)
    with pytest.raises(TrackingError, match="mlflow experiments restore"):
        Writer(uri, "sweeper-tests", tmp_path, "0")


def renamed_in_mlflow(uri, folder):
    mlflow = client(uri)
    mlflow.rename_experiment(
        mlflow.get_experiment_by_name("sweeper-tests").experiment_id, "my-thesis"
    )
    return Writer(uri, "sweeper-tests", folder, "0")


def renamed_in_the_grid(uri, folder):
    return Writer(uri, "my-thesis", folder, "0")


@pytest.mark.parametrize("reopened", [renamed_in_mlflow, renamed_in_the_grid])
@pytest.mark.parametrize("is_complete", [True, False])
def test_an_experiment_of_another_name_doubles_no_run(
    writer, uri, tmp_path, monkeypatch, reopened, is_complete
):
    if is_complete:
        writer.publish(publication(milestone()))
    else:
        monkeypatch.setattr(writer._client, "log_artifacts", lambda *given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            writer.publish(publication(milestone()))
    reopened(uri, tmp_path).publish(publication(milestone()))
    mlflow = client(uri)
    ids = [experiment.experiment_id for experiment in mlflow.search_experiments()]
    (run,) = mlflow.search_runs(ids)
    assert run.data.tags[layout.STATUS] == layout.FINISHED


def test_an_experiment_that_another_launch_creates_meanwhile_is_used(uri, tmp_path, monkeypatch):
    from mlflow.tracking import MlflowClient

    create = MlflowClient.create_experiment

    def create_twice(self, name, artifact_location=None):
        create(self, name, artifact_location)
        return create(self, name, artifact_location)

    monkeypatch.setattr(MlflowClient, "create_experiment", create_twice)
    Writer(uri, "contended", tmp_path, "0").publish(publication(milestone()))
    assert client(uri).get_experiment_by_name("contended") is not None


def test_a_description_that_another_launch_writes_at_the_same_moment_is_left_to_it(
    uri, tmp_path, monkeypatch
):
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

    def contended(self, *given):
        raise MlflowException("UNIQUE constraint failed: experiment_tags.key")

    monkeypatch.setattr(MlflowClient, "set_experiment_tag", contended)
    assert Writer(uri, "contended", tmp_path, "0").publish(publication(milestone()))
