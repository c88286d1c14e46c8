"""The read side of MLflow: every refusal is one clear line, nothing is cut, nothing migrated."""

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from sweeper.analysis.study import read_study
from sweeper.errors import ResultsError, TrackingError
from sweeper.tracking import layout
from sweeper.tracking.reading import database, server
from sweeper.tracking.reading.reader import FinishedRun, finished_runs, read_store, stored_runs
from sweeper.tracking.schema import schema_revisions
from sweeper.tracking.uri import sqlite_path
from sweeper.tracking.writing.selection_tags import tag_selected
from tests.sweeper.support import synthetic_store as synthetic


def file_of(uri):
    return Path(uri.removeprefix("sqlite:///"))


def sql(uri, text, *values):
    connection = sqlite3.connect(file_of(uri))
    with connection:
        rows = connection.execute(text, values).fetchall()
    connection.close()
    return rows


def test_a_missing_store_is_an_error_with_its_place_and_a_remedy(tmp_path):
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    with pytest.raises(TrackingError, match="no MLflow store at .*mlflow.db.*Launch a grid"):
        read_store(uri)
    assert finished_runs(stored_runs(uri)) == {}
    assert not (tmp_path / "mlflow.db").exists()


@pytest.mark.parametrize("uri", ["file:./mlruns", "file:///x/mlruns", "./mlruns", "mlruns"])
def test_file_stores_are_refused_with_the_migrate_command(uri):
    with pytest.raises(TrackingError, match="mlflow migrate-filestore --source .*mlruns"):
        read_store(uri)


@pytest.mark.parametrize("uri", ["ftp://host/x", "sqlite://", "sqlite:mlflow.db"])
def test_other_uris_are_refused(uri):
    with pytest.raises(TrackingError):
        read_store(uri)


@pytest.mark.parametrize(
    ("revision", "message"),
    [
        ("0584bdc529eb", "older MLflow .*mlflow db upgrade sqlite:"),
        ("ffffffffffff", "newer MLflow"),
    ],
)
def test_a_store_of_another_version_is_named_and_never_migrated(new_store, revision, message):
    uri = new_store()
    synthetic.write_launch(uri, synthetic.small_cells()[:1], artifacts=False)
    sql(uri, "UPDATE alembic_version SET version_num = ?", revision)
    before = hashlib.sha256(file_of(uri).read_bytes()).hexdigest()
    with pytest.raises(TrackingError, match=message) as caught:
        read_store(uri)
    known, head = schema_revisions()
    assert revision in str(caught.value) and head in str(caught.value) and head in known
    assert hashlib.sha256(file_of(uri).read_bytes()).hexdigest() == before


def test_the_head_revision_is_that_of_a_database_mlflow_just_made(empty_database):
    made = sql(f"sqlite:///{empty_database}", "SELECT version_num FROM alembic_version")
    assert made == [(schema_revisions()[1],)]


def test_another_programs_database_and_a_file_that_is_no_database(tmp_path):
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE notes (text)")
    (tmp_path / "garbage.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(TrackingError, match="not one of MLflow's"):
        read_store(f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(TrackingError, match="cannot be read as an SQLite database"):
        read_store(f"sqlite:///{tmp_path / 'garbage.db'}")


def test_a_deleted_experiment_is_an_error_with_the_restore_command(new_store):
    uri = new_store()
    synthetic.write_launch(uri, synthetic.small_cells()[:2], experiment="mine", artifacts=False)
    sql(uri, "UPDATE experiments SET lifecycle_stage = 'deleted' WHERE name = 'mine'")
    with pytest.raises(TrackingError, match="'mine' .* is deleted.*experiments restore"):
        read_store(uri, experiment="mine")
    with pytest.raises(ResultsError, match="no runs of sweeper.*deleted: mine"):
        read_study(uri)


def test_an_unknown_experiment_is_an_error_that_lists_the_known_ones(small_uri):
    with pytest.raises(TrackingError, match="no experiment 'swept'.*Default, sweeper"):
        read_store(small_uri, experiment="swept")
    assert len(read_store(small_uri, experiment="sweeper").runs) == 40


def test_deleted_runs_are_not_read(new_store):
    uri = new_store()
    synthetic.write_launch(uri, synthetic.small_cells()[:3], artifacts=False)
    victim = read_store(uri).runs[0].mlflow_run_id
    sql(uri, "UPDATE runs SET lifecycle_stage = 'deleted' WHERE run_uuid = ?", victim)
    assert victim not in {run.mlflow_run_id for run in read_store(uri).runs}
    assert len(read_store(uri).runs) == 2


def test_the_database_and_mlflows_client_agree(new_store):
    def change(cell, metrics):
        return metrics | {"measure/cbd": float("nan"), "measure/mig": float("inf")}

    uri = new_store()
    synthetic.write_launch(uri, synthetic.small_cells()[:5], change=change, artifacts=False)
    path = sqlite_path(uri)
    assert repr(server.read_experiments(uri)) == repr(database.read_experiments(uri, path))
    ids = [found.experiment_id for found in database.read_experiments(uri, path)]
    ours, theirs = database.read_runs(uri, path, ids), server.read_runs(uri, ids)
    assert len(ours) == 6
    for runs in (ours, theirs):  # NaN is not equal to itself
        assert sum(np.isnan(run.metrics.pop("measure/cbd", 0)) for run in runs) == 5
    assert ours == theirs


def test_of_two_mlflow_runs_of_one_run_id_the_finished_one_counts(new_store):
    uri = new_store()
    synthetic.write_launch(uri, synthetic.small_cells()[:2], artifacts=False)
    one, two = read_store(uri).runs
    for name in ("sweeper.run_id", "sweeper.status"):
        value = one.tags[name] if name.endswith("id") else "failed"
        change = "UPDATE tags SET value = ? WHERE key = ? AND run_uuid = ?"
        sql(uri, change, value, name, two.mlflow_run_id)
    assert [run.mlflow_run_id for run in read_store(uri).runs] == [one.mlflow_run_id]


def test_finished_runs_have_the_status_of_each_run(new_store):
    outcomes = iter([("finished", ""), ("diverged", "loss is nan"), ("failed", "lost"), None])
    uri, cells = new_store(), synthetic.small_cells()[:4]
    synthetic.write_launch(uri, cells, grid="g", outcome=lambda c: next(outcomes), artifacts=False)
    found = finished_runs(stored_runs(uri))
    assert [found[cell["run_id"]].status for cell in cells[:3]] == list(layout.STATUSES)
    assert cells[3]["run_id"] not in found
    first = found[cells[0]["run_id"]]
    mlflow_run_id = synthetic.digest("mlflow", first.run_id, size=32)
    measures = frozenset(map(layout.stored_name, synthetic.MEASURES))
    assert first == FinishedRun(first.run_id, "finished", measures, mlflow_run_id, ("g",))


def test_a_reader_sees_the_store_while_a_writer_is_inside_a_transaction(new_store):
    uri = new_store()
    synthetic.write_launch(uri, synthetic.small_cells()[:2], artifacts=False)
    writer = sqlite3.connect(file_of(uri), timeout=0)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE tags SET value = 'failed' WHERE key = 'sweeper.status'")
    assert {run.tags["sweeper.status"] for run in read_store(uri).runs} == {"finished"}
    writer.commit()  # a reader that kept a lock would make this fail at once
    writer.close()
    assert {run.tags["sweeper.status"] for run in read_store(uri).runs} == {"failed"}


def test_a_run_without_latents_and_damaged_ones(new_store):
    uri, cells = new_store(), synthetic.small_cells()[:2]
    synthetic.write_launch(uri, cells)
    study = read_study(uri)
    one, two = (cell["run_id"] for cell in cells)
    folder = Path(study.stored[one].artifact_uri)
    (folder / "latents.h5").unlink()
    with pytest.raises(TrackingError, match=f"run {one} has no latents.h5"):
        study.latents(one)
    (Path(study.stored[two].artifact_uri) / "latents.h5").write_bytes(b"half")
    (folder / "trajectory.parquet").write_bytes(b"half")
    with pytest.raises(TrackingError, match="damaged"):
        study.latents(two)
    with pytest.raises(TrackingError, match="damaged"):
        study.trajectory(one)


def test_a_launch_without_its_plan_is_noted(new_store):
    uri = new_store()
    synthetic.write_launch(uri, synthetic.small_cells()[:2], artifacts=False)
    launch = read_store(uri).launches[0].stored
    (Path(launch.artifact_uri) / "plan.json").unlink()
    study = read_study(uri)
    assert study.launches == () and "table7_1 has no plan.json" in study.notes[0]


def test_passwords_in_a_uri_are_not_shown():
    with pytest.raises(TrackingError) as caught:
        read_store("http://me:secret@127.0.0.1:9")
    assert "secret" not in str(caught.value)


def test_selected_runs_are_tagged_once_and_the_tag_moves(new_store):
    uri, cells = new_store(), synthetic.small_cells()[:2]
    synthetic.write_launch(uri, cells, artifacts=False)
    one, two = (cell["run_id"] for cell in cells)

    def marks():
        runs = read_store(uri).runs
        return {run.tags["sweeper.run_id"]: run.tags.get("sweeper.selected_by") for run in runs}

    assert tag_selected([one], "cbd", uri) == 1
    assert tag_selected([one], "mig", uri) == 1
    assert tag_selected([one], "mig", uri) == 0
    assert marks() == {one: "cbd,mig", two: None}
    assert tag_selected([two], "cbd", uri) == 2
    assert marks() == {one: "mig", two: "cbd"}
    with pytest.raises(TrackingError, match="no run nowhere"):
        tag_selected(["nowhere"], "cbd", uri)


class Answer(BaseHTTPRequestHandler):
    """Answers every request with the server's `code`."""

    def do_GET(self):
        self.send_response(self.server.code)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.mark.parametrize(
    ("code", "message"),
    [(403, "refuses the host name.*--allowed-hosts 127"), (404, "404.*is it an")],
)
def test_a_server_that_refuses_is_explained(code, message):
    with HTTPServer(("127.0.0.1", 0), Answer) as answering:
        answering.code = code
        threading.Thread(target=answering.handle_request, daemon=True).start()
        with pytest.raises(TrackingError, match=message):
            read_store(f"http://127.0.0.1:{answering.server_port}")


def test_an_unreachable_server_is_an_error_without_retries():
    with pytest.raises(TrackingError, match="127.0.0.1:9 cannot be reached"):
        read_store("http://127.0.0.1:9")


def test_tables_of_a_local_store_load_neither_mlflow_nor_torch_nor_ray(small_uri):
    program = (
        "import sys; from sweeper.tables import table; from sweeper.tables.render import render;"
        "from sweeper.figures import figure_files; from sweeper.analysis.study import read_study;"
        "from sweeper.analysis.population import launched;"
        "study = read_study(sys.argv[1]); render(table('7.1', study), 'terminal');"
        "figure_files('7.2', launched(study, 'table7_1'));"
        "print([m for m in ('mlflow', 'torch', 'ray', 'sklearn') if m in sys.modules])"
    )
    command = [sys.executable, "-c", program, small_uri]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_more_than_a_thousand_runs_are_all_read(new_store):
    uri, cells = new_store(), synthetic.thesis_cells(("dsprites", "falcor3d", "isaac3d", "mpi3d"))
    cells += synthetic.thesis_cells(("dsprites",), ("mdl_vae_v1", "mdl_vae_v2", "mdl_vae_v3"))
    synthetic.write_launch(uri, cells, artifacts=False)
    assert len(finished_runs(stored_runs(uri))) == len(cells) == 1260
    experiments = [found.experiment_id for found in server.read_experiments(uri)]
    assert len(server.read_runs(uri, experiments)) == 1261  # and the launch


@pytest.mark.slow
def test_a_tracking_server_and_its_database_agree(new_store):
    uri = new_store()
    synthetic.write_launch(uri, synthetic.small_cells()[:3])
    port = free_port()
    command = [shutil.which("mlflow", path=Path(sys.executable).parent), "server", "--port"]
    command += [str(port), "--host", "127.0.0.1", "--backend-store-uri", uri, "--workers", "1"]
    quiet = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=quiet
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/health")
        ours, theirs = read_study(uri), read_study(address)
        assert ours.runs.equals(theirs.runs) and len(theirs.launches) == 1
        run_id = ours.runs.run_id[0]
        assert (ours.latents(run_id).mu_NL == theirs.latents(run_id).mu_NL).all()
    finally:
        process.terminate()
        process.wait(20)


def free_port():
    with HTTPServer(("127.0.0.1", 0), Answer) as answering:
        return answering.server_port


def wait_for(address):
    for _ in range(300):
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{address} does not answer")
