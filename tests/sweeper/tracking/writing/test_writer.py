"""The writer of MLflow: publishing twice is publishing once, and nothing is doubled."""

from collections import Counter

import numpy as np
import pytest

from sweeper.errors import TrackingError
from sweeper.tracking import layout
from sweeper.tracking.reading.reader import finished_runs, stored_runs
from sweeper.tracking.writing.writer import RunToPublish, Writer
from trainers.saving.records import Milestone


@pytest.fixture(scope="module")
def migrated(tmp_path_factory, empty_database):
    """A store with an experiment, which the tests copy."""
    folder = tmp_path_factory.mktemp("store")
    (folder / "mlflow.db").write_bytes(empty_database.read_bytes())
    Writer(f"sqlite:///{folder / 'mlflow.db'}", "sweeper", folder, "0")
    return folder / "mlflow.db"


@pytest.fixture
def uri(migrated, tmp_path):
    (tmp_path / "mlflow.db").write_bytes(migrated.read_bytes())
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


@pytest.fixture
def writer(uri, tmp_path):
    return Writer(uri, "sweeper-tests", tmp_path, "0.1.0+abc")


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    monkeypatch.setattr(
        "sweeper.tracking.writing.run_files._write_pcc", lambda path, milestone: None
    )


def milestone(created_s=1000.0, cbd=0.25, steps=300, **changes):
    rng = np.random.default_rng(0)
    values = dict(
        iteration=20,
        metrics={"measure/cbd": cbd, "valid/recon": 1 / 3},
        trajectory_names=("loss/recon", "loss/kl"),
        trajectory_ST=np.column_stack([np.arange(1, steps + 1), rng.normal(size=(steps, 2))]),
        mu_NL=rng.normal(size=(6, 2)).astype(np.float32),
        logvar_NL=rng.normal(size=(6, 2)).astype(np.float32),
        factors_NK=rng.integers(0, 3, (6, 2)),
        indices_N=np.arange(6),
        about={
            "dataset_fingerprint": "dsprites/rendered-1",
            "created_s": created_s,
            "factor_names": ["a", "b"],
            "factor_sizes": [3, 3],
        },
    )
    return Milestone(**(values | changes))


def publication(record, run_id="ab" * 8, **changes):
    values = dict(
        run_id=run_id,
        training_id="cd" * 8,
        name="dsprites vae",
        params={"dataset": "dsprites", "learning_rate": "0.0001", "iterations": "20"},
        grids=("tiny",),
        synthetic=False,
        measures=("cbd",),
        milestone=record,
    )
    return RunToPublish(**(values | changes))


def client(uri):
    from mlflow.tracking import MlflowClient

    return MlflowClient(uri)


def runs(uri):
    """Every active run of the test's experiment."""
    mlflow = client(uri)
    experiment = mlflow.get_experiment_by_name("sweeper-tests")
    return mlflow.search_runs([experiment.experiment_id])


def points(uri, run):
    """{metric: {step: how many values}}."""
    mlflow = client(uri)
    return {
        key: Counter(point.step for point in mlflow.get_metric_history(run.info.run_id, key))
        for key in run.data.metrics
    }


def assert_whole(uri, cbd=0.25):
    """Exactly one run, finished, every step of every metric once."""
    (run,) = runs(uri)
    assert run.info.status == "FINISHED"
    assert run.data.tags[layout.STATUS] == layout.FINISHED
    assert run.data.metrics["measure/cbd"] == cbd
    counted = points(uri, run)
    assert {key: max(counts.values()) for key, counts in counted.items()} == dict.fromkeys(
        counted, 1
    )
    assert len(counted["loss/kl"]) == 200
    return run


def test_a_run_has_the_content_of_its_record(writer, uri):
    writer.publish(publication(milestone(), notes={layout.ADVICE: "rest"}))
    run = assert_whole(uri)
    assert run.data.params["learning_rate"] == "0.0001"
    assert run.data.tags[layout.CODE_VERSION] == "0.1.0+abc"
    assert run.data.tags[layout.ADVICE] == "rest"
    assert (run.info.start_time, run.info.end_time) == (1_000_000, 1_000_000)
    files = {item.path for item in client(uri).list_artifacts(run.info.run_id)}
    assert {layout.LATENTS, layout.TRAJECTORY, layout.METRICS} <= files


def test_publishing_twice_changes_nothing(writer, uri, tmp_path):
    record = milestone()
    writer.publish(publication(record))
    first = assert_whole(uri)
    writer.publish(publication(record))
    Writer(uri, "sweeper-tests", tmp_path, "0.1.0+abc").publish(publication(record))
    assert assert_whole(uri).info.run_id == first.info.run_id


def test_a_run_is_searched_once_and_not_again_when_its_checkpoints_go(writer, monkeypatch):
    searches = []
    search = type(writer._client).search_runs
    monkeypatch.setattr(
        type(writer._client),
        "search_runs",
        lambda client, *given, **options: (
            searches.append(given) or search(client, *given, **options)
        ),
    )
    run = publication(milestone())
    writer.publish(run)
    assert writer.is_finished(run.run_id)
    assert len(searches) == 1
    assert not writer.is_finished("cd" * 8)


@pytest.mark.parametrize("step", ["log_artifacts", "log_batch", "set_terminated"])
def test_a_partly_written_run_is_completed(writer, uri, tmp_path, monkeypatch, step):
    def killed(*args, **kwargs):
        raise SystemExit

    monkeypatch.setattr(writer._client, step, killed)
    with pytest.raises(SystemExit):
        writer.publish(publication(milestone()))
    monkeypatch.undo()
    monkeypatch.setattr("sweeper.tracking.writing.run_files._write_pcc", lambda *_: None)
    (half,) = runs(uri)
    assert half.info.status == "RUNNING"
    assert finished_runs(stored_runs(uri)) == {}
    Writer(uri, "sweeper-tests", tmp_path, "0.1.0").publish(publication(milestone()))
    assert assert_whole(uri).info.run_id == half.info.run_id


def test_a_finished_run_is_unchanged_when_its_training_is_repeated(writer, uri):
    first = writer.publish(publication(milestone(created_s=1000.0, cbd=0.25)))
    again = writer.publish(publication(milestone(created_s=2000.0, cbd=0.5)))
    assert again == first
    assert_whole(uri, cbd=0.25)


def test_a_run_partly_written_from_another_record_is_created_again(writer, uri, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(type(writer._client), "set_terminated", _refuse)
        with pytest.raises(OSError):
            writer.publish(publication(milestone(created_s=1000.0, cbd=0.25, steps=150)))
    writer.publish(publication(milestone(created_s=2000.0, cbd=0.5)))
    assert_whole(uri, cbd=0.5)


def test_a_failed_run_that_succeeds_later_is_one_finished_run(writer, uri, tmp_path):
    writer.publish(publication(None, status=layout.FAILED, reason="the worker died"))
    (failed,) = runs(uri)
    assert failed.info.status == "FAILED"
    assert failed.data.tags[layout.REASON] == "the worker died"
    assert finished_runs(stored_runs(uri))["ab" * 8].status == layout.FAILED
    Writer(uri, "sweeper-tests", tmp_path, "0.1.0").publish(publication(milestone()))
    assert assert_whole(uri).data.tags[layout.REASON] == ""


def test_a_diverged_run_is_ended_and_read_as_diverged(writer, uri):
    writer.publish(publication(None, status=layout.DIVERGED, reason="loss/kl was not finite"))
    (run,) = runs(uri)
    assert run.info.status == "FAILED" and run.info.end_time
    assert finished_runs(stored_runs(uri))["ab" * 8].status == layout.DIVERGED


def test_no_infinite_value_is_stored_as_a_number(writer, uri):
    record = milestone(metrics={"measure/cbd": 0.25, "valid/recon": float("nan")})
    writer.publish(publication(record))
    (run,) = runs(uri)
    assert run.data.metrics["measure/cbd"] == 0.25


def test_a_launch_is_one_run_however_often_it_is_opened(writer, uri, tmp_path):
    first = writer.open_launch("tiny", "grid-id", {})
    writer.close_launch(first, "KILLED")
    again = Writer(uri, "sweeper-tests", tmp_path, "0").open_launch("tiny", "grid-id", {})
    assert again == first
    (run,) = runs(uri)
    assert run.info.status == "RUNNING"
    writer.close_launch(again, "FINISHED")
    assert runs(uri)[0].info.status == "FINISHED"


def test_a_deleted_experiment_is_an_error_with_the_restore_command(writer, uri, tmp_path):
    mlflow = client(uri)
    mlflow.delete_experiment(mlflow.get_experiment_by_name("sweeper-tests").experiment_id)
    with pytest.raises(TrackingError, match="mlflow experiments restore"):
        Writer(uri, "sweeper-tests", tmp_path, "0")


def test_a_run_deleted_in_the_ui_is_published_again(writer, uri, tmp_path):
    client(uri).delete_run(writer.publish(publication(milestone())))
    Writer(uri, "sweeper-tests", tmp_path, "0").publish(publication(milestone()))
    assert_whole(uri)


def test_a_password_is_in_no_message(tmp_path):
    with pytest.raises(TrackingError) as refused:
        Writer("ftp://user:secret@host/x", "sweeper", tmp_path, "0")
    assert "secret" not in str(refused.value)


def test_a_folder_that_cannot_hold_a_store_is_an_error(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(TrackingError):
        Writer(f"sqlite:///{tmp_path / 'file' / 'mlflow.db'}", "sweeper", tmp_path, "0")


def _refuse(*arguments, **options):
    raise OSError("the disk is gone")


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
