"""Tables of several seeds: scores of seeds that did not choose, or of those that did."""

import csv
from io import StringIO

import pytest

from sweeper.tables import table
from sweeper.tables.render import render
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic


def lucky_seeds(cell, metrics):
    """Two configurations: the faster one is best on seed 0 alone, the other everywhere else."""
    lucky = cell["learning_rate"] == 1e-4
    value = (0.9 if cell["seed"] == 0 else 0.1) if lucky else 0.3 + cell["seed"] / 100
    return metrics | {"measure/cbd": value, "measure/mig": value / 2}


def two_configurations(**options):
    return invented.thesis_cells(
        models=("vae",), batch_sizes=(64,), iterations=(300_000,), seeds=(0, 1, 2), **options
    )


def test_a_grid_with_seeds_prints_scores_of_seeds_that_did_not_choose(new_store):
    uri = new_store()
    synthetic.write_launch(
        uri, two_configurations(), grid="mine", change=lucky_seeds, artifacts=False
    )
    found = table("mine", uri)
    [row] = found.rows
    # without 0: the steady one (0.30 at 0); without 1 or 2: the lucky one, with 0.1 there
    assert [run["seed"] for run in row.held_out.runs] == [0, 1, 2]
    assert row.values["cbd"].mean == pytest.approx((0.3 + 0.1 + 0.1) / 3)
    assert row.values["beta_vae_score"].n == 3
    assert row.winner.value == pytest.approx((0.9 + 0.1 + 0.1) / 3)
    assert any(note.startswith("Scores are of held-out seeds") for note in found.notes)
    assert not any("biased" in note for note in found.notes)
    [line] = csv.DictReader(StringIO(render(found, "csv")))
    assert (line["reported"], line["selected_score"]) == ("held_out_seeds", "0.366667")
    assert line["cbd"] == "0.166667"


@pytest.mark.parametrize("text", ["select: {report: all_seeds}", "table: 7.1"])
def test_a_grid_of_the_thesis_prints_the_scores_that_chose_with_a_note(new_store, text):
    uri = new_store()
    synthetic.write_launch(
        uri, two_configurations(), grid="mine", grid_text=text, change=lucky_seeds, artifacts=False
    )
    found = table("mine", uri)
    assert found.rows[0].held_out is None
    assert found.rows[0].values["cbd"].mean == found.rows[0].winner.value
    notes = " ".join(found.notes)
    assert "As in the thesis" in notes and "its score is biased upwards" in notes


def test_a_failed_seed_leaves_the_seeds_that_all_have(new_store):
    uri = new_store()

    def outcome(cell):
        failed = cell["learning_rate"] == 1e-4 and cell["seed"] == 2
        return ("failed", "no memory") if failed else ("finished", "")

    synthetic.write_launch(
        uri, two_configurations(), grid="mine", change=lucky_seeds, outcome=outcome,
        artifacts=False,
    )  # fmt: skip
    [row] = table("mine", uri).rows
    assert [run["seed"] for run in row.held_out.runs] == [0, 1, 2]  # one contender is left
    assert {run["learning_rate"] for run in row.held_out.runs} == {1e-5}
