"""Rows of a table: which runs count, what became of them, and what stands in each column."""

import math
import random

import pytest

from sweeper.analysis.study import read_study
from sweeper.errors import UsageError
from sweeper.tables import TABLES, table
from sweeper.tables.render import FORMATS, render
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic
from tests.sweeper.support.thesis_tables import launched


def test_every_row_counts_what_became_of_its_runs(new_store):
    fates = {300_000: ("diverged", "loss/recon is nan at step 12"), 200_000: ("failed", "lost")}
    fates[100_000] = None
    uri = new_store()

    def outcome(cell):
        return fates.get(cell["iterations"], ("finished", "")) if cell["label"] == "vae" else (
            "finished", ""
        )  # fmt: skip

    synthetic.write_launch(uri, invented.small_cells(), outcome=outcome, artifacts=False)
    found = launched("7.1", uri)
    row = found.rows[0]
    assert row.counts.as_text() == "2/8 (2 diverged, 2 failed, 2 missing)"
    assert row.winner.first["iterations"] == 50_000
    problem = "dsprites vae: 2/8 (2 diverged, 2 failed, 2 missing): diverged: loss/recon is nan"
    assert found.problems[0].startswith(problem) and "failed: lost" in found.problems[0]
    assert found.partial and "(partial)" in render(found, "terminal")
    assert "2/8 (2 diverged, 2 failed, 2 missing)" in render(found, "md")


def test_a_row_of_which_nothing_finished_is_there_and_empty(new_store):
    uri = new_store()
    cells = invented.small_cells()
    lost = {"l_vae": None, "vae": ("diverged", "kl is inf")}
    synthetic.write_launch(
        uri, cells, outcome=lambda c: lost.get(c["label"], ("finished", "")), artifacts=False
    )
    found = launched("7.1", uri)
    empty = [row for row in found.rows if row.winner is None]
    assert [(row.model, row.counts.as_text()) for row in empty] == [
        ("vae", "0/8 (8 diverged)"),
        ("l_vae", "0/8 (8 missing)"),
    ]
    assert "| dSprites | VAE | - | - | - | - | - | - | 0/8 (8 diverged) |" in render(found, "md")


def test_an_infinite_score_is_not_the_best_and_is_counted(new_store):
    uri, cells = new_store(), invented.small_cells()
    wrong = cells[0]["run_id"]

    def change(cell, metrics):
        return metrics | ({"measure/cbd": math.inf} if cell["run_id"] == wrong else {})

    synthetic.write_launch(uri, cells, change=change, artifacts=False)
    row = launched("7.1", uri).rows[0]
    assert row.counts.as_text() == "8/8 (1 unscored)" and row.winner.first["run_id"] != wrong


def test_the_same_bytes_whatever_order_the_runs_ended_in(new_store):
    """Shuffled within a launch: the plan keeps the grid's order, MLflow has another."""
    texts = []
    for seed in (None, 1, 2):
        uri, cells = new_store(), invented.small_cells()
        if seed is not None:
            random.Random(seed).shuffle(cells)
        synthetic.write_launch(uri, cells, artifacts=False)
        study = read_study(uri)
        tables = [launched(name, study) for name in ("5.2", "6.1", "7.1", "7.2", "7.3")]
        texts.append([render(one, kind, compare=True) for one in tables for kind in FORMATS])
    assert texts[0] == texts[1] == texts[2]


def test_the_beta_asked_for_and_the_beta_learned_are_next_to_the_model(small):
    found = {row.model: row for row in launched("7.1", small).rows}
    assert found["beta_vae"].beta in (2.0, 4.0)
    learned = found["l_vae"].winner.first["last/beta"]
    assert found["l_vae"].beta == learned and found["vae"].beta is None
    text = render(launched("7.1", small), "md")
    assert f"L-VAE (\u03b2\u0302 = {round(learned, 2):g})" in text


def test_a_vae_asked_for_as_beta_vae_has_that_name(new_store):
    uri = new_store()
    cells = invented.thesis_cells(models=("beta_vae",), betas=(1.0,), batch_sizes=(64,))
    synthetic.write_launch(uri, cells, grid="mine", grid_text="select: {by: mig}")
    found = table("mine", uri)
    assert [(row.model, row.beta) for row in found.rows] == [("beta_vae", 1.0)]
    assert found.spec.by == "mig" and found.spec.columns == TABLES["7.1"].columns
    with pytest.raises(UsageError, match="nothing to compare"):
        render(found, "md", compare=True)


def test_a_grid_may_say_which_table_it_is_for_and_which_way_is_better(new_store):
    uri = new_store()
    text = "table: '7.2'\nselect: {by: valid/recon, mode: max}\n"
    synthetic.write_launch(uri, invented.small_cells(), grid="mine", grid_text=text)
    found = table("mine", uri)
    assert found.spec.columns == TABLES["7.2"].columns
    assert not found.partial and not found.problems  # the rest of Table 7.2 is not its business
    assert render(found, "md").startswith("**Grid mine, as Table 7.2**")
    runs = read_study(uri).runs
    worst = runs[runs.model == "vae"].sort_values("valid/recon").iloc[-1]
    assert found.rows[0].winner.first["run_id"] == worst.run_id


def test_a_grid_shows_the_column_that_it_selects_by(new_store):
    uri = new_store()
    text = "select: {by: irs}"
    synthetic.write_launch(
        uri, invented.small_cells(), grid="mine", grid_text=text, artifacts=False
    )
    found = table("mine", uri)
    assert found.spec.columns[-1] == "irs"
    for row in found.rows:
        assert row.values["irs"].mean == row.winner.value
    assert table("mine", uri, by="beta_vae").spec.columns.count("beta_vae_score") == 1


def test_a_column_that_noise_scores_high_in_brings_its_companion():
    from sweeper.analysis.scores import score
    from sweeper.tables import TABLES

    spec = TABLES["7.1"].selected_by(score("infom"))
    assert spec.columns[-2:] == ("infom", "infoe")


def test_numbers_of_two_reconstruction_errors_are_not_compared(new_store):
    """The error that the thesis uses is kept, and with only the other one its runs are."""
    uri, cells = new_store(), []
    for kind in ("bernoulli", "mse"):
        cells += [
            invented.make_cell("dsprites", "vae", reconstruction=kind, iterations=iterations)
            for iterations in (100_000, 200_000)
        ]
    synthetic.write_launch(uri, cells, grid="both", artifacts=False)
    synthetic.write_launch(uri, cells[:2], grid="one", artifacts=False, start=10**6)
    found = table("both", uri)
    assert [row.counts.as_text() for row in found.rows] == ["2/2"]
    assert {run["reconstruction"] for run in found.rows[0].winner.runs} == {"mse"}
    assert "only runs with reconstruction mse: 2 others left out" in found.notes
    [row] = table("one", uri).rows
    assert {run["reconstruction"] for run in row.winner.runs} == {"bernoulli"}
