"""Where the writer looks for a run that may be stored already."""

import pytest

from sweeper.tracking import layout
from sweeper.tracking.writing.writer import Writer
from tests.sweeper.support.publications import client, milestone, publication

pytestmark = pytest.mark.usefixtures("no_pictures")


def test_a_run_that_another_launch_writes_into_a_new_experiment_is_found(writer, uri, tmp_path):
    """At once: a run that was looked for a moment ago is not written a second time."""
    assert not writer.is_finished("ab" * 8)
    Writer(uri, "another", tmp_path, "0").publish(publication(milestone()))
    assert writer.is_finished("ab" * 8)
    writer.publish(publication(milestone()))
    ids = [experiment.experiment_id for experiment in client(uri).search_experiments()]
    assert len(client(uri).search_runs(ids, f"tags.`{layout.RUN_ID}` = '{'ab' * 8}'")) == 1


def test_experiments_are_not_listed_for_a_run_that_is_where_others_are(writer, monkeypatch):
    writer.publish(publication(milestone()))
    assert not writer.is_finished("cd" * 8)  # lists them
    monkeypatch.setattr(writer._client, "search_experiments", None)
    assert writer._search.find("ab" * 8) is not None


def test_experiments_come_in_pages(writer, uri, tmp_path, monkeypatch):
    """A server gives as many at a time as it likes: here one."""
    Writer(uri, "another", tmp_path, "0").publish(publication(milestone()))
    Writer(uri, "third", tmp_path, "0")
    search = writer._client.search_experiments
    monkeypatch.setattr(
        writer._client, "search_experiments", lambda **given: search(max_results=1, **given)
    )
    assert writer.is_finished("ab" * 8)
    assert len(client(uri).search_experiments()) > 2
