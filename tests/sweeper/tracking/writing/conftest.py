"""An empty store and a writer for it."""

import pytest

from sweeper.tracking.writing.writer import Writer


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


@pytest.fixture
def no_pictures(monkeypatch):
    monkeypatch.setattr(
        "sweeper.tracking.writing.run_files._write_pcc", lambda path, milestone: None
    )
