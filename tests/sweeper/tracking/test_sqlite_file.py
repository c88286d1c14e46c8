"""An SQLite store as a file: half-made ones, creation, folders with odd names, moved folders."""

import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from sweeper.analysis.study import read_study
from sweeper.errors import TrackingError
from sweeper.figures import figure
from sweeper.tables import table
from sweeper.tables.render import render
from sweeper.tracking.connection import open_client
from sweeper.tracking.reading.artifacts import fetch
from sweeper.tracking.reading.reader import read_store, stored_runs
from sweeper.tracking.schema import schema_revisions
from sweeper.tracking.sqlite_file import create_where_missing, open_sqlite, relocated
from sweeper.tracking.uri import artifact_path, artifact_uri, sqlite_uri
from sweeper.tracking.writing.selection_tags import tag_selected
from sweeper.tracking.writing.writer import Writer
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic

pytestmark = pytest.mark.filterwarnings("ignore")  # from MLflow and its database library


@pytest.fixture(scope="module")
def template(empty_database):
    return empty_database


ODD = ["pct%20dir", "q?dir", "a#b", "a&b;c", "\u00e9t\u00e9 x", "y" * 200]


def run_sql(path, *texts):
    with closing(sqlite3.connect(path)) as connection, connection:
        for text in texts:
            connection.execute(text)


HALF_MADE = {
    "empty": lambda path, template: path.write_bytes(b""),
    "first tables": lambda path, template: run_sql(
        path, "CREATE TABLE experiments (artifact_location)", "CREATE TABLE runs (run_uuid)"
    ),
    "no revision": lambda path, template: (
        shutil.copy(template, path),
        run_sql(path, "DELETE FROM alembic_version"),
    ),
    "old revision": lambda path, template: (
        shutil.copy(template, path),
        run_sql(path, "UPDATE alembic_version SET version_num = '0584bdc529eb'"),
    ),
}


@pytest.mark.parametrize("state", HALF_MADE)
def test_a_half_made_store_is_replaced_and_kept_aside(tmp_path, template, state):
    path, uri = tmp_path / "mlflow.db", sqlite_uri(tmp_path / "mlflow.db")
    HALF_MADE[state](path, template)
    assert stored_runs(uri) == {}
    with pytest.raises(TrackingError, match="interrupted.*The next launch replaces it"):
        read_store(uri)
    create_where_missing(uri, path)
    open_sqlite(uri, path).close()
    assert (tmp_path / "mlflow.db.incomplete").is_file()


@pytest.mark.parametrize(
    "row", ["INSERT INTO runs (run_uuid) VALUES ('a')", "INSERT INTO metrics (key) VALUES ('a')"]
)
def test_a_store_with_any_row_is_never_replaced(tmp_path, row):
    path, uri = tmp_path / "mlflow.db", sqlite_uri(tmp_path / "mlflow.db")
    run_sql(path, "CREATE TABLE experiments (artifact_location)")
    run_sql(path, "CREATE TABLE runs (run_uuid)", "CREATE TABLE metrics (key)", row)
    before = path.read_bytes()
    with pytest.raises(TrackingError, match="not one of MLflow's"):
        create_where_missing(uri, path)
    assert path.read_bytes() == before


def test_an_empty_database_of_another_program_is_never_replaced(tmp_path):
    path, uri = tmp_path / "mlflow.db", sqlite_uri(tmp_path / "mlflow.db")
    run_sql(path, "CREATE TABLE notes (text)")
    with pytest.raises(TrackingError, match="not one of MLflow's"):
        create_where_missing(uri, path)


def test_a_creation_that_fails_leaves_no_file(tmp_path, monkeypatch, mlflow_creates):
    from mlflow.store.db import utils

    def full(engine):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(utils, "_initialize_tables", full)
    with pytest.raises(
        TrackingError, match="cannot be created or changed: No space left.*--tracking-uri"
    ):
        create_where_missing(sqlite_uri(tmp_path / "mlflow.db"), tmp_path / "mlflow.db")
    assert list(tmp_path.iterdir()) == []


def test_the_private_function_that_creates_the_tables_is_there(tmp_path, mlflow_creates):
    path = tmp_path / "mlflow.db"
    create_where_missing(sqlite_uri(path), path)
    with closing(sqlite3.connect(path)) as connection:
        (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert found == schema_revisions()[1] and list(tmp_path.iterdir()) == [path]


def test_a_locked_database_is_an_error_with_a_remedy(tmp_path, template, monkeypatch):
    monkeypatch.setattr("sweeper.tracking.sqlite_file.BUSY_TIMEOUT_S", 0.1)
    path = tmp_path / "mlflow.db"
    shutil.copy(template, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(TrackingError, match="locked by another program.*run the same command"):
            open_sqlite(sqlite_uri(path), path)


@pytest.mark.parametrize("name", ODD)
def test_a_store_in_a_folder_with_an_odd_name_writes_nothing_outside(tmp_path, template, name):
    folder = tmp_path / name
    folder.mkdir()
    shutil.copy(template, folder / "mlflow.db")
    uri = sqlite_uri(folder / "mlflow.db")
    writer = Writer(uri, "odd", folder, "0")
    launch = writer.open_launch("tiny", "grid-id", {})
    text = folder / "grid.yaml"
    text.write_text("text")
    writer.attach(launch, text)
    writer.close_launch(launch, "FINISHED")
    (found,) = read_store(uri).without_plan
    assert found == "tiny" and [path.name for path in tmp_path.iterdir()] == [name]
    (kept,) = folder.glob("mlartifacts/odd/*/artifacts/grid.yaml")
    assert kept.read_text() == "text"


@pytest.mark.parametrize("name", [*ODD, "a :b", "a\"b'c"])
def test_a_store_is_created_in_a_folder_with_an_odd_name(tmp_path, name):
    (tmp_path / name).mkdir()
    path = tmp_path / name / "mlflow.db"
    client = open_client(sqlite_uri(path))
    (default,) = client.search_experiments()
    assert (default.experiment_id, default.name) == ("0", "Default")
    assert artifact_path(default.artifact_location) == path.parent / "mlruns" / "0"
    assert [entry.name for entry in path.parent.iterdir()] == ["mlflow.db"]


@pytest.fixture
def moved(tmp_path, template):
    """A store of two runs in `old`; a function that moves or copies it; the runs' ids."""
    old = tmp_path / "old"
    uri, cells = synthetic.create_store(old, template), invented.small_cells()[:2]
    synthetic.write_launch(uri, cells)

    def move(how):
        new = tmp_path / "new"
        how(old, new)
        return new, sqlite_uri(new / "mlflow.db"), [cell["run_id"] for cell in cells]

    return move


@pytest.mark.parametrize("how", [shutil.move, shutil.copytree])
def test_a_moved_store_finds_its_artifacts_and_its_launches(moved, how):
    new, uri, run_ids = moved(how)
    runs = stored_runs(uri)
    for run_id in run_ids:
        assert fetch(uri, runs[run_id], "latents.h5").is_relative_to(new)
    assert len(read_store(uri).launches) == 1 and not read_store(uri).without_plan


@pytest.mark.parametrize("how", [shutil.move, shutil.copytree])
def test_a_moved_store_is_written_in_the_new_folder_alone(moved, how, tmp_path):
    new, uri, run_ids = moved(how)
    old = tmp_path / "old"
    before = sorted(old.rglob("*")) if old.exists() else None
    (launch,) = read_store(uri).launches
    (experiment,) = {launch.stored.experiment_id}
    with closing(sqlite3.connect(new / "mlflow.db")) as connection:
        query = "SELECT name FROM experiments WHERE experiment_id = ?"
        (name,) = connection.execute(query, (experiment,)).fetchone()
    writer = Writer(uri, name, new, "0")
    text = tmp_path / "report.html"
    text.write_text("report")
    writer.attach(launch.stored.mlflow_run_id, text)
    parent = writer.open_launch("another", "another-id", {})
    writer.attach(parent, text)
    assert len(list(new.rglob("report.html"))) == 2
    assert (sorted(old.rglob("*")) if old.exists() else None) == before
    assert tag_selected(run_ids[:1], "cbd", uri) == 1


@pytest.mark.parametrize("name", ODD)
def test_tables_figures_and_latents_in_a_folder_with_an_odd_name(tmp_path, template, name):
    uri, cells = synthetic.create_store(tmp_path / "old", template), invented.small_cells()
    synthetic.write_launch(uri, cells, grid="t")
    before = render(table("t", read_study(uri)), "csv")
    shutil.move(tmp_path / "old", tmp_path / name)
    study = read_study(sqlite_uri(tmp_path / name / "mlflow.db"))
    assert render(table("t", study), "csv") == before
    (run_id,) = list(study.runs.run_id)[:1]
    assert len(study.latents(run_id).mu_NL)
    paths = figure("7.2", study, tmp_path / name / "figures")
    assert all(path.is_file() for path in paths)


def test_artifacts_kept_elsewhere_on_purpose_stay_there(tmp_path):
    elsewhere = tmp_path / "elsewhere" / "mlartifacts" / "run"
    elsewhere.mkdir(parents=True)
    uri = artifact_uri(elsewhere)
    assert relocated(uri, tmp_path / "home") == uri
    assert relocated("s3://bucket/mlartifacts/run", tmp_path) == "s3://bucket/mlartifacts/run"


def test_a_link_to_the_working_folder_is_no_move(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    (real / "mlartifacts" / "run").mkdir(parents=True)
    link.symlink_to(real)
    uri = artifact_uri(real / "mlartifacts" / "run")
    assert relocated(uri, link) == uri


@pytest.mark.fault
@pytest.mark.parametrize("after_s", [4.0, 6.0, 8.0])
def test_a_launch_killed_while_it_creates_the_store_leaves_none_or_a_whole_one(tmp_path, after_s):
    path = tmp_path / "mlflow.db"
    code = (
        "import sys; from pathlib import Path; from sweeper.tracking.connection import open_client;"
        "open_client(sys.argv[1])"
    )
    process = subprocess.Popen([sys.executable, "-c", code, sqlite_uri(path)])
    end = time.monotonic() + after_s
    while time.monotonic() < end and not Path(f"{path.parent}/.mlflow.db.new").exists():
        time.sleep(0.01)
    time.sleep(after_s / 10)
    process.kill()
    process.wait()
    assert stored_runs(sqlite_uri(path)) == {}
    create_where_missing(sqlite_uri(path), path)
    open_sqlite(sqlite_uri(path), path).close()
    assert not list(tmp_path.glob(".*"))
