"""Artifacts of a run: what is missing, and what is there and cannot be read."""

import pytest

from sweeper.errors import TrackingError
from sweeper.tracking.reading.artifacts import MissingArtifact, fetch
from sweeper.tracking.reading.stored_run import StoredRun
from sweeper.tracking.uri import artifact_uri


@pytest.fixture
def run(tmp_path):
    return StoredRun("mlflow-id", "0", "FINISHED", 0, None, artifact_uri(tmp_path))


def test_a_missing_artifact_and_one_that_cannot_be_read_differ(run, tmp_path):
    (tmp_path / "there.json").write_text("{}")
    (tmp_path / "folder.json").mkdir()
    assert fetch("sqlite:///unused.db", run, "there.json") == tmp_path / "there.json"
    for name in ("none.json", "there.json/inside.json"):
        with pytest.raises(MissingArtifact, match="does not exist"):
            fetch("sqlite:///unused.db", run, name)
    with pytest.raises(TrackingError, match="folder.json cannot be read: Is a directory. Make"):
        fetch("sqlite:///unused.db", run, "folder.json")
