"""A whole launch, as a user sees it: trained once, published once, resumed, shared, tabled."""

import shutil
import sqlite3

import pytest

from tests.sweeper.support.cli_runs import TINY, command, metric_table, sweeper, write_grid

pytestmark = pytest.mark.xdist_group("ray")


@pytest.fixture(scope="module")
def launched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("launched")
    write_grid(folder)
    done = sweeper(folder, "launch", "tiny.yaml")
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_a_launch_prints_plan_progress_and_a_filled_table(launched):
    _, printed = launched
    assert "4 runs" in printed and "2: runs that differ only in iterations share one" in printed
    assert "2/2 ended" in printed
    assert "4 of 4 runs done." in printed
    assert "2/2" in printed and "L-VAE" in printed


def test_every_run_is_in_mlflow_once_and_ended(launched):
    folder, _ = launched
    with sqlite3.connect(folder / "mlflow.db") as store:
        states = store.execute("SELECT status FROM runs").fetchall()
        run_ids = store.execute(
            "SELECT value FROM tags WHERE key = 'sweeper.run_id' ORDER BY value"
        ).fetchall()
        parents = store.execute(
            "SELECT COUNT(DISTINCT value) FROM tags WHERE key = 'mlflow.parentRunId'"
        ).fetchone()
        doubled = store.execute(
            "SELECT run_uuid, key, step FROM metrics GROUP BY 1, 2, 3 HAVING COUNT(*) > 1"
        ).fetchall()
    assert states == [("FINISHED",)] * 5  # four runs and their launch
    assert len(set(run_ids)) == len(run_ids) == 4
    assert parents == (1,)
    assert doubled == []


def test_every_run_has_its_artifacts(launched):
    folder, _ = launched
    for name in ("latents.h5", "trajectory.parquet", "metrics.parquet", "pcc.png"):
        assert len(list(folder.glob(f"mlartifacts/*/*/artifacts/{name}"))) == 4, name


def test_a_second_launch_trains_nothing(launched):
    folder, _ = launched
    before = metric_table(folder)
    done = command(folder, "launch", "tiny.yaml", "--engine", "local")
    assert done.returncode == 0, done.stderr
    assert "4 runs are already finished" in done.stdout
    assert "0 steps" in done.stdout
    assert metric_table(folder) == before


@pytest.mark.slow
def test_without_sharing_the_metric_table_is_the_same_bits(launched, tmp_path):
    folder, _ = launched
    write_grid(tmp_path, TINY + "sharing: false\n")
    done = sweeper(tmp_path, "launch", "tiny.yaml")
    assert done.returncode == 0, done.stderr
    assert "4: " in done.stdout  # four trainings
    assert metric_table(tmp_path) == metric_table(folder)


@pytest.mark.slow
def test_the_local_engine_without_sharing_gives_the_same_bits_and_imports_no_ray(
    launched, tmp_path, empty_database
):
    folder, _ = launched
    shutil.copy(empty_database, tmp_path / "mlflow.db")
    write_grid(tmp_path, TINY + "sharing: false\n")
    program = "import sys; sys.modules['ray'] = None\nfrom sweeper.cli import main; main()"
    done = sweeper(tmp_path, "launch", "tiny.yaml", "--engine", "local", program=program)
    assert done.returncode == 0, done.stderr
    assert "4: " in done.stdout  # four trainings
    assert "4 of 4 runs done." in done.stdout
    assert metric_table(tmp_path) == metric_table(folder)


def test_tables_are_the_same_without_the_sweep_store(launched, tmp_path):
    folder, _ = launched
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    before = command(folder, "table", "tiny", "--format", "csv")
    shutil.rmtree(copy / "sweep_store")
    after = command(copy, "table", "tiny", "--format", "csv")
    assert before.returncode == after.returncode == 0
    assert after.stdout == before.stdout
    assert "l_vae" in after.stdout


def test_a_further_measure_is_scored_from_stored_latents(launched, tmp_path):
    folder, _ = launched
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    write_grid(copy, TINY.replace("mig]", "mig, sap]"))
    done = command(copy, "launch", "tiny.yaml", "--engine", "local")
    assert done.returncode == 0, done.stderr
    assert "0 steps" in done.stdout
    with sqlite3.connect(copy / "mlflow.db") as store:
        scored = store.execute(
            "SELECT COUNT(*) FROM latest_metrics WHERE key = 'measure/sap.r1'"
        ).fetchone()
    assert scored == (4,)
