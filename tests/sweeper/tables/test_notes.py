"""The notes below a table, and what it reports as missing."""

import csv
from dataclasses import replace
from io import StringIO

import pandas as pd
import pytest

from sweeper.analysis.statistics.spread import spread
from sweeper.tables import table
from sweeper.tables.notes import notes
from sweeper.tables.render import render
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic
from tests.sweeper.support.thesis_tables import launched


def test_seeds_give_mean_deviation_interval_and_a_test(new_store):
    uri = new_store()
    cells = invented.thesis_cells(
        models=("vae", "mdl_vae_strong"), batch_sizes=(64,), seeds=(0, 1, 2), iterations=(300_000,)
    )
    synthetic.write_launch(uri, cells, artifacts=False)
    found = launched("7.1", uri)
    assert found.seeds == 3 and found.rows[0].counts.asked == 6
    row = found.rows[0]
    values = [run["measure/cbd"] for run in row.winner.runs]
    assert row.values["cbd"].mean == spread(values).mean
    own = row.values["cbd"]
    assert f"{own.mean:.2f} ({own.low:.2f} to {own.high:.2f})" in render(found, "md")
    [line] = [note for note in found.notes if "mdl_vae_strong" in note and "p = " in note]
    assert "significant" in line and "by Holm over 1 comparison." in " ".join(found.notes)
    header = render(found, "csv").splitlines()[0].split(",")
    assert {"cbd_sd", "cbd_low", "cbd_high"} <= set(header)


def test_the_test_split_shows_how_optimistic_the_selection_is(new_store):
    uri = new_store()

    def change(cell, metrics):
        tested = {f"test/{k}": v - 0.03 for k, v in metrics.items() if k.startswith("measure/")}
        return metrics | tested | {"test/recon": metrics["valid/recon"] + 1}

    text = "evaluation: {report: test}"
    synthetic.write_launch(uri, invented.small_cells(), change=change, grid_text=text)
    found = launched("7.1", uri)  # the launch says `report: test`
    row = found.rows[0]
    assert found.report == "test" and row.optimism == pytest.approx(0.03)
    assert row.values["cbd"].mean == pytest.approx(row.winner.value - 0.03)
    assert "Optimism" in render(found, "terminal") and "+0.03" in render(found, "html")
    assert launched("7.1", uri, report="validation").rows[0].values["cbd"].mean == row.winner.value


def test_notes_of_a_test_table_are_about_the_test_column(new_store):
    """On the test split the order of the models is the reverse: so are the differences."""
    uri = new_store()
    cells = invented.thesis_cells(
        models=("vae", "l_vae"), batch_sizes=(64,), learning_rates=(1e-4,), seeds=(0, 1, 2),
        iterations=(300_000,),
    )  # fmt: skip

    def change(cell, metrics):
        value = (0.6 if cell["label"] == "vae" else 0.5) + cell["seed"] / 1000
        tested = {f"test/{name}": 1 - value for name in metrics if name.startswith("measure/")}
        return metrics | tested | {"measure/cbd": value}

    text = "evaluation: {report: test}"
    synthetic.write_launch(uri, cells, grid="mine", grid_text=text, change=change, artifacts=False)
    [line] = [note for note in table("mine", uri).notes if "vae less l_vae" in note]
    assert "-0.100 (" in line and "significant" in line
    [line] = [n for n in table("mine", uri, report="validation").notes if "vae less l_vae" in n]
    assert "+0.100 (" in line


def test_collapsed_runs_do_not_win_and_few_active_latents_are_marked(new_store):
    """The best CbD is that of a run without active latents: correlation ignores scale."""
    uri, cells = new_store(), invented.small_cells()[:8]
    best = max(cells, key=lambda cell: invented.final_metrics(cell)["measure/cbd"])

    def change(cell, metrics):
        return metrics | {"latent/active": 0.0 if cell is best else 3.0}

    for grid, text in (("mine", ""), ("all", "select: {min_active: 0}")):
        synthetic.write_launch(
            uri, cells, grid=grid, grid_text=text, change=change, artifacts=False
        )
    found = table("mine", uri)
    [row] = found.rows
    assert row.winner.first["run_id"] != best["run_id"] and row.winner.candidates == 7
    assert row.counts.as_text() == "8/8 (1 collapsed)" and not found.partial
    assert any(
        "1 run with fewer than 1 active latent is no candidate (" in note for note in found.notes
    )
    header, _, line = render(found, "md").splitlines()[2:5]
    assert "| Active |" in header and "| 3 (\\<5) |" in line
    assert any("has 3 active latents, fewer than the 5 factors" in note for note in found.notes)
    [admitted] = table("all", uri).rows
    assert admitted.winner.first["run_id"] == best["run_id"]


def test_runs_whose_latents_were_not_counted_are_candidates_with_a_note(small):
    found = launched("7.1", small)
    assert "Active latents were not counted in 40 runs; these are candidates." in found.notes
    assert "| Active |" not in render(found, "md")


def test_a_single_seed_table_says_of_how_many_candidates_each_number_is_the_maximum(small):
    found = launched("7.1", small)
    [note] = [note for note in found.notes if "maximum" in note]
    assert "maximum of 8 to 16 candidate configurations, one seed each" in note
    assert [row.winner.candidates for row in found.rows] == [8, 16, 8, 8]
    rows = csv.DictReader(StringIO(render(found, "csv")))
    for line, row in zip(rows, found.rows, strict=True):
        assert int(line["iterations"]) == row.winner.first["iterations"]
        assert (line["candidates"], line["population"]) == (str(row.winner.candidates), "real")


@pytest.mark.parametrize(("seeds", "text"), [((0,), "one seed."), ((0, 1, 2), "up to 3 seeds.")])
def test_a_winner_without_another_candidate_is_no_maximum(new_store, seeds, text):
    uri = new_store()
    one = {"models": ("vae",), "batch_sizes": (64,), "iterations": (300_000,), "seeds": seeds}
    cells = invented.thesis_cells(("dsprites",), learning_rates=(1e-4,), **one)
    synthetic.write_launch(uri, cells, grid="mine", artifacts=False)
    found = "\n".join(table("mine", uri).notes)
    assert f"Each winner is the only candidate configuration, {text}\n" in found
    assert "maximum" not in found and "biased" not in found


def test_models_on_several_datasets_are_pooled_by_the_interquartile_mean(new_store):
    uri = new_store()
    cells = invented.thesis_cells(
        ("dsprites", "mpi3d"), ("vae",), (64,), (1e-4,), iterations=(300_000,), seeds=(0, 1, 2)
    )
    values = {"dsprites": (0.1, 0.2, 0.3), "mpi3d": (0.5, 0.6, 0.7)}

    def change(cell, metrics):
        return metrics | {"measure/cbd": values[cell["dataset"]][cell["seed"]]}

    synthetic.write_launch(uri, cells, grid="mine", change=change, artifacts=False)
    [line] = [note for note in table("mine", uri).notes if note.startswith("All datasets: vae")]
    assert "interquartile mean of CbD 0.400 (95% interval" in line  # of 0.2, 0.3, 0.5, 0.6


def test_columns_that_the_grid_does_not_measure_are_one_line(new_store):
    uri = new_store()

    def change(cell, metrics):
        missing = {"measure/mig"} | ({"measure/explicitness"} if cell["label"] == "vae" else set())
        return {name: value for name, value in metrics.items() if name not in missing}

    synthetic.write_launch(uri, invented.small_cells(), grid="mine", change=change, artifacts=False)
    problems = table("mine", uri).problems
    assert problems == (
        "No chosen run has mig: `evaluation: measures` says what is scored, and `sweeper launch` "
        "of the grid adds it to finished runs without training.",
        "dsprites vae: the chosen run has no explicitness",
    )


def test_one_cell_without_a_score_brings_the_command_that_adds_it(new_store):
    """Also where the row is incomplete, and where only one of the chosen seeds lacks the score."""
    uri = new_store()

    def change(cell, metrics):
        lacks = cell["label"] == "vae" and cell["seed"] == 1
        return {k: v for k, v in metrics.items() if not (lacks and k == "measure/mig")}

    def outcome(cell):
        is_missing = cell["label"] == "vae" and cell["iterations"] == 50_000
        return None if is_missing else ("finished", "")

    cells = invented.thesis_cells(
        models=("vae", "l_vae"), batch_sizes=(64,), iterations=(50_000, 100_000), seeds=(0, 1)
    )
    synthetic.write_launch(uri, cells, grid="mine", change=change, outcome=outcome, artifacts=False)
    problems = table("mine", uri).problems
    assert "dsprites vae: a chosen run has no mig" in problems
    assert "dsprites vae: 4/8 (4 missing)" in problems
    how = "Where a chosen run has no score, `sweeper launch` of the grid adds it without training."
    assert how in problems


@pytest.mark.parametrize(
    ("sigmas", "advised"), [((0.4, -0.3), True), ((0.4, 0.6), False), ((0.5, 0.1), False)]
)
def test_mdl_vae_weak_is_advised_where_every_sigma_is_below_a_half(small, sigmas, advised):
    strong = small.runs.model == "mdl_vae_strong"
    columns = [name for name in small.runs.columns if name.startswith("last/sigma/z")]
    runs = small.runs.copy()
    runs.loc[strong, columns] = float("nan")
    runs.loc[strong, [f"last/sigma/z{i}" for i in range(len(sigmas))]] = sigmas
    found = table("7.1", replace(small, runs=pd.DataFrame(runs)), grid="table7_1")
    advice = [line for line in notes(found) if "mdl_vae_weak (section 7.2)" in line]
    assert bool(advice) == advised
    assert all("mdl_vae_strong" in line for line in advice)
