"""Where the writer looks for a run that may be stored already."""

import pytest

from sweeper.tracking.writing import run_search
from sweeper.tracking.writing.writer import Writer
from tests.sweeper.support.publications import client, milestone, publication

pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture
def listings(writer, monkeypatch):
    """How often a writer asks for the server's experiments."""
    asked, search = [], writer._client.search_experiments

    def counted(**given):
        asked.append(given)
        return search(**given)

    monkeypatch.setattr(writer._client, "search_experiments", counted)
    return asked


def test_experiments_are_listed_once_for_many_runs(writer, listings):
    for number in range(3):
        writer.publish(publication(milestone(), run_id=f"{number:016}"))
    assert len(listings) == 1


def test_a_new_experiment_is_seen_with_the_next_list(writer, uri, tmp_path, monkeypatch, listings):
    assert not writer.is_finished("ab" * 8)
    Writer(uri, "another", tmp_path, "0").publish(publication(milestone()))
    monkeypatch.setattr(run_search, "LISTED_FOR_S", 0.0)
    assert writer.is_finished("ab" * 8)
    assert len(listings) == 2


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
