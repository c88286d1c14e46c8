"""Stores that tests share: an empty one to copy, and one of 40 runs that nothing changes."""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from sweeper.analysis.study import Study, read_study
from sweeper.tracking import empty_database as creation
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic
from tests.sweeper.support.trained_store import Trained, train_store

CREATE = creation._create


@pytest.fixture(scope="session", autouse=True)
def sqlite_does_not_wait_for_disks() -> Iterator[None]:
    """MLflow commits about 16 times a run, and each commit waits some milliseconds for the disk."""

    def ask(connection: object, record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous = OFF")

    event.listen(Engine, "connect", ask)
    yield
    event.remove(Engine, "connect", ask)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store."""
    return template(tmp_path_factory)


def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store, which MLflow migrates once and all processes of a run copy."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with open(folder / "empty.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "empty.db").exists():
            CREATE(folder / "new.db")
            (folder / "new.db").rename(folder / "empty.db")
    return folder / "empty.db"


@pytest.fixture(scope="session", autouse=True)
def new_stores_are_copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Stores that the code creates are copies of an empty one, as MLflow takes seconds to make one;
    `mlflow_creates` lets it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            creation,
            "_create",
            lambda path: shutil.copy(template(tmp_path_factory), path),
        )
        yield


@pytest.fixture
def mlflow_creates(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setattr(creation, "_create", CREATE)


@pytest.fixture
def new_store(tmp_path: Path, empty_database: Path) -> Callable[[], str]:
    """Makes an empty store and returns its tracking URI."""
    numbers: Iterator[int] = iter(range(100))
    return lambda: synthetic.create_store(tmp_path / f"store{next(numbers)}", empty_database)


@pytest.fixture(scope="session")
def small_uri(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> str:
    """40 finished runs on dSprites: vae, beta_vae with beta 2 and 4, l_vae, mdl_vae_strong."""
    uri = synthetic.create_store(tmp_path_factory.mktemp("small"), empty_database)
    synthetic.write_launch(uri, invented.small_cells(), grid="table7_1")
    return uri


@pytest.fixture(scope="session")
def small(small_uri: str) -> Study:
    return read_study(small_uri)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Trained:
    """vae and l_vae on dSprites, two milestones each; the weights of the better one are kept."""
    return train_store(
        tmp_path_factory.mktemp("trained"),
        empty_database,
        datasets="dsprites",
        models=["vae", "l_vae"],
        axes={"network": "cnn", "batch_size": 4, "iterations": [3, 6]},
        evaluation={"num_points": 40, "measures": ["cbd"]},
        select={"min_active": 0},  # six steps leave no latent active
    )


@pytest.fixture
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Launches draw no figure: that takes most of a small launch's time, and has its own tests."""
    monkeypatch.setattr("sweeper.tracking.writing.run_files._write_pcc", lambda path, stone: None)
    monkeypatch.setattr("sweeper.reports.grid_report.draw_figure", lambda name, numbers: None)
    monkeypatch.setattr("sweeper.reports.grid_report.as_bytes", lambda figure, kind: b"picture")
