"""Runs and launches read from an SQLite store: nothing is cut, every refusal is one clear line."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from sweeper.analysis.study import read_study
from sweeper.errors import ResultsError, TrackingError
from sweeper.tracking import layout
from sweeper.tracking.reading import reader, server
from sweeper.tracking.reading.reader import FinishedRun, finished_runs, read_store, stored_runs
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic
from tests.sweeper.support.sql import file_of, sql


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
    synthetic.write_launch(uri, invented.small_cells()[:2], experiment="mine", artifacts=False)
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
    synthetic.write_launch(uri, invented.small_cells()[:3], artifacts=False)
    victim = read_store(uri).runs[0].mlflow_run_id
    sql(uri, "UPDATE runs SET lifecycle_stage = 'deleted' WHERE run_uuid = ?", victim)
    assert victim not in {run.mlflow_run_id for run in read_store(uri).runs}
    assert len(read_store(uri).runs) == 2


def test_of_two_mlflow_runs_of_one_run_id_the_finished_one_counts(new_store):
    uri = new_store()
    synthetic.write_launch(uri, invented.small_cells()[:2], artifacts=False)
    one, two = read_store(uri).runs
    for name in ("sweeper.run_id", "sweeper.status"):
        value = one.tags[name] if name.endswith("id") else "failed"
        change = "UPDATE tags SET value = ? WHERE key = ? AND run_uuid = ?"
        sql(uri, change, value, name, two.mlflow_run_id)
    assert [run.mlflow_run_id for run in read_store(uri).runs] == [one.mlflow_run_id]


def test_finished_runs_have_the_status_of_each_run(new_store):
    outcomes = iter([("finished", ""), ("diverged", "loss is nan"), ("failed", "lost"), None])
    uri, cells = new_store(), invented.small_cells()[:4]
    synthetic.write_launch(uri, cells, grid="g", outcome=lambda c: next(outcomes), artifacts=False)
    found = finished_runs(stored_runs(uri))
    assert [found[cell["run_id"]].status for cell in cells[:3]] == list(layout.STATUSES)
    assert cells[3]["run_id"] not in found
    first = found[cells[0]["run_id"]]
    mlflow_run_id = invented.digest("mlflow", first.run_id, size=32)
    measures = frozenset(map(layout.stored_name, invented.MEASURES))
    assert first == FinishedRun(first.run_id, "finished", measures, mlflow_run_id, ("g",))


def test_a_reader_sees_the_store_while_a_writer_is_inside_a_transaction(new_store):
    uri = new_store()
    synthetic.write_launch(uri, invented.small_cells()[:2], artifacts=False)
    writer = sqlite3.connect(file_of(uri), timeout=0)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE tags SET value = 'failed' WHERE key = 'sweeper.status'")
    assert {run.tags["sweeper.status"] for run in read_store(uri).runs} == {"finished"}
    writer.commit()  # a reader that kept a lock would make this fail at once
    writer.close()
    assert {run.tags["sweeper.status"] for run in read_store(uri).runs} == {"failed"}


def test_a_run_without_latents_and_damaged_ones(new_store):
    uri, cells = new_store(), invented.small_cells()[:2]
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
    synthetic.write_launch(uri, invented.small_cells()[:2], artifacts=False)
    launch = read_store(uri).launches[0].stored
    (Path(launch.artifact_uri) / "plan.json").unlink()
    study = read_study(uri)
    assert study.launches == () and "table7_1 has no plan.json" in study.notes[0]


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
    uri, cells = new_store(), invented.thesis_cells(("dsprites", "falcor3d", "isaac3d", "mpi3d"))
    cells += invented.thesis_cells(("dsprites",), ("mdl_vae_v1", "mdl_vae_v2", "mdl_vae_v3"))
    synthetic.write_launch(uri, cells, artifacts=False)
    assert len(finished_runs(stored_runs(uri))) == len(cells) == 1260
    experiments = [found.experiment_id for found in server.read_experiments(uri)]
    everything = server.read_runs(uri, experiments)
    assert len(everything) == 1261  # and the launch
    [launch] = server.read_runs(uri, experiments, (layout.KIND, [layout.KIND_LAUNCH]))
    assert launch in everything and launch.tags[layout.KIND] == layout.KIND_LAUNCH


def test_runs_of_some_ids_are_read_as_with_all(small_uri):
    everything = stored_runs(small_uri)
    wanted = sorted(everything)[3:8]
    assert stored_runs(small_uri, [*wanted, "not there"]) == {
        run_id: everything[run_id] for run_id in wanted
    }
    assert stored_runs(small_uri, []) == {}
    assert everything[wanted[0]].params and everything[wanted[0]].metrics


def test_each_run_of_a_local_store_is_read_once(small_uri, monkeypatch):
    everything = stored_runs(small_uri)
    asked = []

    def counted(uri, run_ids=None):
        asked.append(set(run_ids))
        return stored_runs(uri, run_ids)

    monkeypatch.setattr(reader, "stored_runs", counted)
    first, second, third, *_ = sorted(everything)
    runs = reader.RunReader(small_uri)
    assert runs.read([first, second]).keys() == {first, second}
    assert runs.read([second, third, "not there"])[third] == everything[third]
    assert runs.read([first, "not there"])[first] == everything[first]
    assert asked == [{first, second}, {third, "not there"}]


def test_a_server_is_read_once(monkeypatch):
    reads = []
    monkeypatch.setattr(reader, "stored_runs", lambda uri, ids: reads.append(ids) or {"a": 1})
    runs = reader.RunReader("http://127.0.0.1:5000")
    assert runs.read(["a"]) == runs.read(["b"]) == {"a": 1}
    assert len(reads) == 1


def test_launches_are_read_without_runs(small_uri, tmp_path):
    [found] = reader.read_launches(small_uri)
    [expected] = read_store(small_uri).launches
    assert found == expected and found.cells
    assert reader.read_launches(f"sqlite:///{tmp_path / 'none.db'}") == []
