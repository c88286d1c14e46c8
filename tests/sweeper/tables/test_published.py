"""The tables of the thesis: printed numbers come back as printed, each by its own grid and rule."""

import csv
from io import StringIO
from pathlib import Path

import pytest

from sweeper.errors import ResultsError, UsageError
from sweeper.tables import TABLES, table
from sweeper.tables.deviations import deviations
from sweeper.tables.published import published
from sweeper.tables.render import render
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic
from tests.sweeper.support.thesis_tables import launched, published_rows

GRIDS = Path(__file__).parents[3] / "grids"


COLUMNS = {"reconstruction": "valid/recon"}


def column(name):
    return COLUMNS.get(name, f"measure/{name.removesuffix('_score')}")


def store_of_the_thesis(uri, name):
    """One run for each row of a published table, with the numbers printed there."""
    rows, cells, numbers = published_rows(name), [], {}
    for row in rows:
        beta = float(row.get("beta") or 4)
        cell = invented.make_cell(row["dataset"], row["model"], beta=beta)
        cells.append(cell)
        values = {key: text for key, text in row.items() if key not in ("dataset", "model", "beta")}
        numbers[cell["run_id"]] = {column(k): float(v) for k, v in values.items() if v}
        if row["model"] == "l_vae" and row["beta"]:
            numbers[cell["run_id"]]["beta"] = beta
    cells.reverse()
    synthetic.write_launch(
        uri,
        cells,
        grid=f"table{name}",
        change=lambda cell, metrics: numbers[cell["run_id"]],
        artifacts=False,
    )


@pytest.mark.parametrize("name", ["7_1", "7_2", "7_3", "7_4", "6_1"])
def test_a_store_with_the_published_numbers_gives_the_published_table(new_store, name):
    uri = new_store()
    store_of_the_thesis(uri, name)
    found = table(name, uri, grid=f"table{name}")
    ours = list(csv.DictReader(StringIO(render(found, "csv"))))
    theirs = published_rows(name)
    assert list(ours[0])[: len(theirs[0])] == list(theirs[0])
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        for key, text in other.items():
            if key in ("dataset", "model"):
                assert one[key] == text
            elif text:
                assert float(one[key]) == float(text)
        assert (one["finished"], one["asked"]) == ("1", "1")
    assert all(found.size == 0 for found in deviations(found))
    if name == "7_3":  # the thesis prints no SAP for this row; neither do we
        assert found.problems[1:] == ("mpi3d mdl_vae_weak: the chosen run has no sap",)
    else:
        assert not found.partial and not found.problems


def test_the_printed_oddities_are_kept():
    (m2,) = [row for row in published("5.2") if row.model == "M2"]
    assert m2.values == {"cbd_compactness": 0.16, "cbd_modularity": 0.2, "cbd": 0.12}
    weak = [row for row in published("7.3") if row.model == "mdl_vae_weak"]
    assert weak[0].values["sap"] is None
    sigma = {
        name: row.values["reconstruction"]
        for name in ("7.1", "7.2")
        for row in published(name)
        if (row.dataset, row.model) == ("isaac3d", "sigma_vae")
    }
    assert sigma == {"7.1": 26.31, "7.2": 16.57}


@pytest.mark.parametrize("name", TABLES)
def test_the_first_columns_are_those_of_the_published_file(name):
    theirs = list(published_rows(name.replace(".", "_"))[0])
    assert [*TABLES[name].ids, *TABLES[name].columns] == theirs


def test_the_thesiss_rows_without_runs_are_one_line_and_refused_by_strict(small):
    found = launched("7.1", small)
    assert [row.model for row in found.rows] == ["vae", "beta_vae", "l_vae", "mdl_vae_strong"]
    line = "No runs for 25 of the 29 rows that the thesis has (dsprites: control_vae, dynamic_vae"
    assert found.problems[-1].startswith(line)
    whole = launched("7.1", small, all_rows=True)
    assert [(row.dataset, row.model) for row in whole.rows] == [
        (row.dataset, row.model) for row in published("7.1")
    ]
    assert whole.problems[-1].startswith(line)
    with pytest.raises(ResultsError, match="no run of figure4_5 belongs to table 7.4"):
        table("7.4", small, grid=GRIDS / "figure4_5.yaml")


def test_a_table_of_the_thesis_is_what_its_shipped_grid_asks_for(small):
    """40 runs of the 1,188; the milestones at 150,000 and 250,000 and all else is missing."""
    found = table("7.1", small)
    assert sum(row.counts.asked for row in found.rows) == 1188
    assert sum(row.counts.finished for row in found.rows) == 40
    assert found.rows[0].counts.as_text() == "8/36 (28 missing)"
    assert str(found.rows[0].values) == str(launched("7.1", small).rows[0].values)  # some are nan
    assert [(row.dataset, row.model) for row in found.rows] == [
        (row.dataset, row.model) for row in published("7.1")
    ]
    assert found.problems[-1].startswith("No runs yet for 25 of 29 rows (dsprites: control_vae,")
    assert not any("left out" in note for note in found.notes)


def test_tables_7_2_and_7_3_select_by_their_own_rule(small):
    for name, rule in (("7.2", "measure/cbd_modularity"), ("7.3", "measure/cbd_compactness")):
        for row in launched(name, small).rows:
            mine = small.runs[small.runs.model == row.model]
            assert row.winner.first["run_id"] == mine.loc[mine[rule].idxmax()].run_id


def test_other_betas_of_another_grid_are_left_out_of_the_thesiss_tables(new_store):
    uri = new_store()
    cells = invented.thesis_cells(models=("beta_vae",), betas=(0.5, 1.0, 4.0))
    synthetic.write_launch(uri, cells, grid="figure4_5", artifacts=False)
    found = table("7.1", uri, grid="figure4_5")
    assert [(row.model, row.beta, row.counts.asked) for row in found.rows] == [
        ("beta_vae", 4.0, 36)
    ]
    assert "beta_vae with beta 2, 4: 72 runs of others left out" in found.notes


@pytest.mark.slow
def test_all_of_the_thesis_is_counted(new_store):
    uri = new_store()
    cells = invented.thesis_cells(("dsprites", "falcor3d", "isaac3d", "mpi3d"))
    cells += invented.thesis_cells(("mpi3d",), ("mdl_vae_weak",))
    synthetic.write_launch(uri, cells, artifacts=False)
    found = launched("7.1", uri)
    assert sum(row.counts.finished for row in found.rows) == 1188
    assert len(found.rows) == 29 and not found.partial


def test_unknown_names_are_reported_with_the_known_ones(small):
    with pytest.raises(UsageError, match="table '7.5' is unknown.*Known: 5.2, .*table7_1"):
        table("7.5", small)
    with pytest.raises(UsageError, match="format 'mdx' is unknown"):
        render(launched("7.1", small), "mdx")
    with pytest.raises(ResultsError, match="no grid 'x' was launched"):
        table("7.1", small, grid="x")
    with pytest.raises(UsageError, match="report 'train' is unknown"):
        launched("7.1", small, report="train")


@pytest.mark.parametrize("name", ["9.9", "table9_9"])
def test_a_number_that_is_no_table_is_named_even_without_a_store(name, tmp_path):
    with pytest.raises(UsageError, match=r"9.9' is unknown. Known: 5.2, 6.1"):
        table(name, f"sqlite:///{tmp_path}/mlflow.db")
