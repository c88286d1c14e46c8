"""The writer of MLflow: publishing twice is publishing once, and nothing is doubled."""

from collections import Counter

import pytest

from sweeper.errors import TrackingError
from sweeper.tracking import layout
from sweeper.tracking.reading.reader import finished_runs, stored_runs
from sweeper.tracking.writing.writer import Writer
from tests.sweeper.support.publications import client, milestone, publication

pytestmark = pytest.mark.usefixtures("no_pictures")


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
