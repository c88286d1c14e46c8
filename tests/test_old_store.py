"""A store that an earlier version wrote: nothing is trained again, and the numbers are the same.

tests/stores/a0d463a.tar.xz is the finished sweep of its grid.yaml by commit a0d463a, without
checkpoints, weights and pictures. The CSV files next to it are that commit's own output for it
(`sweeper.results` sorted by run id and measure; `sweeper table old --format csv`). They are its
numbers, not this program's: a change of a number here needs a line in
CHANGELOG.md."""

import csv
import io
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from sweeper import plan, results
from sweeper.analysis.study import read_study
from sweeper.tables import table
from sweeper.tables.render import render

STORES = Path(__file__).parent / "stores"
SCORES = (STORES / "a0d463a_scores.csv").read_text(encoding="utf-8")
RECORDED = list(csv.DictReader(SCORES.splitlines()))


@pytest.fixture
def old(tmp_path, monkeypatch):
    """The working folder of the old sweep."""
    with tarfile.open(STORES / "a0d463a.tar.xz") as archive:
        safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Python 3.11.4
        archive.extractall(tmp_path, **safe)
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection, connection:
        for table_name, column in (("runs", "artifact_uri"), ("experiments", "artifact_location")):
            connection.execute(
                f"update {table_name} set {column} = replace({column}, 'file:///store', ?)",
                (tmp_path.as_uri(),),
            )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_everything_is_reused(old):
    found = plan("grid.yaml")
    assert set(found.run_ids) == {row["run_id"] for row in RECORDED}
    assert (found.reused, found.runs, found.steps_to_run) == (12, 12, 0)


def test_the_grid_keeps_its_id(old):
    """The id that the old launch stored: by it a launch finds the earlier launches of its grid."""
    with closing(sqlite3.connect(old / "mlflow.db")) as connection:
        stored = connection.execute("select value from tags where key = 'sweeper.grid_id'")
        assert {plan("grid.yaml").grid_id} == {value for (value,) in stored}


def test_records_alone_suffice(old):
    """Without MLflow every run is published again from the sweep store, and nothing is trained."""
    (old / "mlflow.db").unlink()
    found = plan("grid.yaml")
    assert found.steps_to_run == 0
    assert sum(len(training.to_publish) for training in found.trainings) == 12


def test_without_the_store_mlflow_suffices(old):
    (old / "sweep_store").rename(old / "elsewhere")
    assert plan("grid.yaml").reused == 12


def test_every_score_is_bitwise_the_same(old):
    """Scores by `sap` are those of its older definition, and keep that name."""
    frame = results("sqlite:///mlflow.db")
    found = {
        (row.run_id, row.training_id, row.model, row.seed, row.iterations, row.measure): row.value
        for row in frame.itertuples()
    }
    assert found == {
        (
            row["run_id"],
            row["training_id"],
            row["model"],
            int(row["seed"]),
            int(row["iterations"]),
            row["measure"].replace("sap", "sap.r0"),
        ): float(row["value"])
        for row in RECORDED
    }


def test_the_table_has_the_same_numbers(old):
    """New columns may come, and how spread and intervals are estimated may change. Held-out seeds
    are a statistic that the first version did not have."""
    recorded = _means((STORES / "a0d463a_table.csv").read_text(encoding="utf-8"))
    found = _means(render(table("old", read_study("sqlite:///mlflow.db"), all_seeds=True), "csv"))
    assert len(recorded) == 3
    assert [
        {name: row[name] for name in known} for row, known in zip(found, recorded, strict=True)
    ] == recorded


def _means(text):
    spread = ("_sd", "_low", "_high")
    rows = csv.DictReader(io.StringIO(text))
    return [{k: v for k, v in row.items() if not k.endswith(spread)} for row in rows]
