"""Tables: the published numbers come back as printed, and what is missing is reported."""

import csv
import math
import random
from io import StringIO
from pathlib import Path

import pytest

import sweeper
from sweeper.analysis.scores import score
from sweeper.analysis.statistics.spread import spread
from sweeper.analysis.study import read_study
from sweeper.errors import ResultsError, UsageError
from sweeper.tables import TABLES, table
from sweeper.tables.deviations import deviations
from sweeper.tables.pages.table_page import marks, table_page
from sweeper.tables.published import published
from sweeper.tables.render import FORMATS, render
from tests.sweeper.support import synthetic_store as synthetic
from trainers.config import Evaluation

GRIDS = Path(__file__).parents[3] / "grids"


def launched(name, source, **options):
    """A table of the thesis, made from what the launch of `table7_1` asked for."""
    return table(name, source, grid="table7_1", **options)


COLUMNS = {"reconstruction": "valid/recon"}


def published_rows(name):
    path = Path(sweeper.__file__).parent / "tables" / "thesis_tables" / f"table_{name}.csv"
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def column(name):
    return COLUMNS.get(name, f"measure/{name.removesuffix('_score')}")


def store_of_the_thesis(uri, name):
    """One run for each row of a published table, with the numbers printed there."""
    rows, cells, numbers = published_rows(name), [], {}
    for row in rows:
        beta = float(row.get("beta") or 4)
        cell = synthetic.make_cell(row["dataset"], row["model"], beta=beta)
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
        assert found.problems == ("mpi3d mdl_vae_weak: the chosen run has no sap",)
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


def test_every_row_counts_what_became_of_its_runs(new_store):
    fates = {300_000: ("diverged", "loss/recon is nan at step 12"), 200_000: ("failed", "lost")}
    fates[100_000] = None
    uri = new_store()

    def outcome(cell):
        return fates.get(cell["iterations"], ("finished", "")) if cell["label"] == "vae" else (
            "finished", ""
        )  # fmt: skip

    synthetic.write_launch(uri, synthetic.small_cells(), outcome=outcome, artifacts=False)
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
    cells = synthetic.small_cells()
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
    uri, cells = new_store(), synthetic.small_cells()
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
        uri, cells = new_store(), synthetic.small_cells()
        if seed is not None:
            random.Random(seed).shuffle(cells)
        synthetic.write_launch(uri, cells, artifacts=False)
        study = read_study(uri)
        tables = [launched(name, study) for name in ("5.2", "6.1", "7.1", "7.2", "7.3")]
        texts.append([render(one, kind, compare=True) for one in tables for kind in FORMATS])
    assert texts[0] == texts[1] == texts[2]


def test_equal_prints_share_a_mark():
    values = [spread([value]) for value in (0.604, 0.596, 0.58, 0.5)]
    assert marks(values, score("cbd")) == ["best", "best", "second", ""]
    assert marks(values, score("reconstruction")) == ["", "", "second", "best"]
    assert marks([values[0], None], score("cbd")) == ["", ""]
    assert marks([spread([math.nan]), *values[2:]], score("cbd")) == ["", "best", "second"]


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
    assert found.rows[0].values == launched("7.1", small).rows[0].values
    assert [(row.dataset, row.model) for row in found.rows] == [
        (row.dataset, row.model) for row in published("7.1")
    ]
    assert found.problems[-1].startswith("No runs yet for 25 of 29 rows (dsprites: control_vae,")
    assert not any("left out" in note for note in found.notes)


def test_the_beta_asked_for_and_the_beta_learned_are_next_to_the_model(small):
    found = {row.model: row for row in launched("7.1", small).rows}
    assert found["beta_vae"].beta in (2.0, 4.0)
    learned = found["l_vae"].winner.first["last/beta"]
    assert found["l_vae"].beta == learned and found["vae"].beta is None
    text = render(launched("7.1", small), "md")
    assert f"L-VAE (\u03b2\u0302 = {round(learned, 2):g})" in text


def test_tables_7_2_and_7_3_select_by_their_own_rule(small):
    for name, rule in (("7.2", "measure/cbd_modularity"), ("7.3", "measure/cbd_compactness")):
        for row in launched(name, small).rows:
            mine = small.runs[small.runs.model == row.model]
            assert row.winner.first["run_id"] == mine.loc[mine[rule].idxmax()].run_id


def test_a_vae_asked_for_as_beta_vae_has_that_name(new_store):
    uri = new_store()
    cells = synthetic.thesis_cells(models=("beta_vae",), betas=(1.0,), batch_sizes=(64,))
    synthetic.write_launch(uri, cells, grid="mine", grid_text="select: {by: mig}")
    found = table("mine", uri)
    assert [(row.model, row.beta) for row in found.rows] == [("beta_vae", 1.0)]
    assert found.spec.by == "mig" and found.spec.columns == TABLES["7.1"].columns
    with pytest.raises(UsageError, match="nothing to compare"):
        render(found, "md", compare=True)


def test_a_grid_may_say_which_table_it_is_for_and_which_way_is_better(new_store):
    uri = new_store()
    text = "table: '7.2'\nselect: {by: valid/recon, mode: max}\n"
    synthetic.write_launch(uri, synthetic.small_cells(), grid="mine", grid_text=text)
    found = table("mine", uri)
    assert found.spec.columns == TABLES["7.2"].columns
    assert not found.partial and not found.problems  # the rest of Table 7.2 is not its business
    assert render(found, "md").startswith("**Grid mine, as Table 7.2**")
    runs = read_study(uri).runs
    worst = runs[runs.model == "vae"].sort_values("valid/recon").iloc[-1]
    assert found.rows[0].winner.first["run_id"] == worst.run_id


def test_other_betas_of_another_grid_are_left_out_of_the_thesiss_tables(new_store):
    uri = new_store()
    cells = synthetic.thesis_cells(models=("beta_vae",), betas=(0.5, 1.0, 4.0))
    synthetic.write_launch(uri, cells, grid="figure4_5", artifacts=False)
    found = table("7.1", uri, grid="figure4_5")
    assert [(row.model, row.beta, row.counts.asked) for row in found.rows] == [
        ("beta_vae", 4.0, 36)
    ]
    assert "beta_vae with beta 2, 4: 72 runs of others left out" in found.notes


def test_runs_that_an_edited_grid_no_longer_asks_for_do_not_count(new_store):
    uri, cells = new_store(), synthetic.small_cells()
    synthetic.write_launch(uri, cells, grid="mine", artifacts=False)
    synthetic.write_launch(uri, cells[:8], grid="mine", artifacts=False, start=10**6)
    found = table("mine", uri)
    assert [(row.model, row.counts.as_text()) for row in found.rows] == [("vae", "8/8")]
    assert found.notes[0] == "32 stored runs left out: 32 that mine does not ask for now."


def test_seeds_give_mean_deviation_interval_and_a_test(new_store):
    uri = new_store()
    cells = synthetic.thesis_cells(
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
    assert "significant" in line and "by Holm over 1 comparisons" in " ".join(found.notes)
    header = render(found, "csv").splitlines()[0].split(",")
    assert {"cbd_sd", "cbd_low", "cbd_high"} <= set(header)


def test_the_test_split_shows_how_optimistic_the_selection_is(new_store):
    uri = new_store()

    def change(cell, metrics):
        tested = {f"test/{k}": v - 0.03 for k, v in metrics.items() if k.startswith("measure/")}
        return metrics | tested | {"test/recon": metrics["valid/recon"] + 1}

    text = "evaluation: {report: test}"
    synthetic.write_launch(uri, synthetic.small_cells(), change=change, grid_text=text)
    found = launched("7.1", uri)  # the launch says `report: test`
    row = found.rows[0]
    assert found.report == "test" and row.optimism == pytest.approx(0.03)
    assert row.values["cbd"].mean == pytest.approx(row.winner.value - 0.03)
    assert "Optimism" in render(found, "terminal") and "+0.03" in render(found, "html")
    assert launched("7.1", uri, report="validation").rows[0].values["cbd"].mean == row.winner.value


def test_stand_ins_are_shown_only_when_asked_for_and_marked_everywhere(new_store):
    uri = new_store()
    cells = [synthetic.make_cell("mpi3d", "vae", source=s) for s in ("synthetic", "published")]
    synthetic.write_launch(uri, cells, grid="mine", synthetic=["mpi3d"], artifacts=False)
    real = table("mine", uri)
    assert [(row.source, row.counts.asked) for row in real.rows] == [("published", 1)]
    assert real.notes[0] == "1 stored run left out: 1 drawn by a stand-in (--synthetic)."
    found = table("mine", uri, synthetic=True)
    assert [row.source for row in found.rows] == ["published", "synthetic"]
    for kind in FORMATS:
        assert "synthetic" in render(found, kind)
    assert "(synthetic)" in render(found, "md").splitlines()[0]
    assert "mpi3d: synthetic stand-in, not the published images." in found.notes


def test_a_rehearsal_is_shown_only_when_asked_for_and_marked_everywhere(new_store):
    uri = new_store()
    text = "axes: {iterations: [5e4, 30e4]}\nevaluation: {num_points: 10000}\n"
    short = [synthetic.make_cell("dsprites", "vae", iterations=5)]
    synthetic.write_launch(uri, short, grid="mine", grid_text=text, artifacts=False)
    with pytest.raises(ResultsError, match="was only rehearsed; --rehearsal shows that"):
        table("mine", uri)
    whole = [synthetic.make_cell("dsprites", "vae", iterations=50_000)]
    synthetic.write_launch(uri, whole, grid="mine", grid_text=text, artifacts=False, start=-9)
    assert table("mine", uri).rows[0].winner.first["iterations"] == 50_000
    assert "1 stored run left out: 1 of a rehearsal (--rehearsal)." in table("mine", uri).notes
    found = table("mine", uri, rehearsal=True)
    assert found.rows[0].winner.first["iterations"] == 5
    for kind in FORMATS:
        assert "rehearsal" in render(found, kind)


def test_scores_of_two_protocols_never_meet_in_a_table(new_store):
    """The grid asks for one protocol; runs of the other have other ids."""
    uri, cells = new_store(), synthetic.small_cells()
    other = [synthetic.make_cell("dsprites", "vae", evaluation=Evaluation(protocol="locatello"))]
    synthetic.write_launch(uri, other, grid="b", protocol="locatello", artifacts=False)
    synthetic.write_launch(uri, cells[:8], grid="a", artifacts=False)
    found = table("7.1", uri)
    assert found.rows[0].counts.finished == 8
    assert found.notes[0] == "1 stored run left out: 1 of other grids (b)."


def test_collapsed_runs_do_not_win_and_few_active_latents_are_marked(new_store):
    """The best CbD is that of a run without active latents: correlation ignores scale."""
    uri, cells = new_store(), synthetic.small_cells()[:8]
    best = max(cells, key=lambda cell: synthetic.final_metrics(cell)["measure/cbd"])

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
    assert any("1 runs with fewer than 1 active latents are no" in note for note in found.notes)
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


def test_a_grid_shows_the_column_that_it_selects_by(new_store):
    uri = new_store()
    text = "select: {by: irs}"
    synthetic.write_launch(
        uri, synthetic.small_cells(), grid="mine", grid_text=text, artifacts=False
    )
    found = table("mine", uri)
    assert found.spec.columns[-1] == "irs"
    for row in found.rows:
        assert row.values["irs"].mean == row.winner.value
    assert table("mine", uri, by="beta_vae").spec.columns.count("beta_vae_score") == 1


def test_notes_of_a_test_table_are_about_the_test_column(new_store):
    """On the test split the order of the models is the reverse: so are the differences."""
    uri = new_store()
    cells = synthetic.thesis_cells(
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


def test_models_on_several_datasets_are_pooled_by_the_interquartile_mean(new_store):
    uri = new_store()
    cells = synthetic.thesis_cells(
        ("dsprites", "mpi3d"), ("vae",), (64,), (1e-4,), iterations=(300_000,), seeds=(0, 1, 2)
    )
    values = {"dsprites": (0.1, 0.2, 0.3), "mpi3d": (0.5, 0.6, 0.7)}

    def change(cell, metrics):
        return metrics | {"measure/cbd": values[cell["dataset"]][cell["seed"]]}

    synthetic.write_launch(uri, cells, grid="mine", change=change, artifacts=False)
    [line] = [note for note in table("mine", uri).notes if note.startswith("All datasets: vae")]
    assert "interquartile mean of CbD 0.400 (95% interval" in line  # of 0.2, 0.3, 0.5, 0.6


def test_table_5_2_takes_the_best_and_the_median_or_the_runs_named(small):
    runs = small.runs[small.runs.model == "vae"].sort_values("measure/cbd", ascending=False)
    found = launched("5.2", small)
    expected = [runs.iloc[0].run_id, runs.iloc[4].run_id]
    assert [row.winner.first["run_id"] for row in found.rows] == expected
    assert [row.model for row in found.rows] == ["M1", "M2"]
    assert render(found, "csv").startswith("model,cbd_compactness,cbd_modularity,cbd,")
    named = [runs.iloc[7].run_id, runs.iloc[2].run_id]
    ids = [row.winner.first["run_id"] for row in launched("5.2", small, runs=named).rows]
    assert ids == named
    with pytest.raises(UsageError, match="two run ids, not 1"):
        launched("5.2", small, runs=named[:1])
    with pytest.raises(UsageError, match="no run nowhere"):
        launched("5.2", small, runs=["nowhere", named[0]])


def test_table_6_2_shows_the_beta_vae_nearest_to_the_learned_beta(new_store):
    uri = new_store()
    cells = synthetic.thesis_cells(
        ("dsprites", "falcor3d"), ("beta_vae", "l_vae"), (64,), betas=(0.89, 1.9, 4.0)
    )

    def change(cell, metrics):
        learned = {"dsprites": 0.9, "falcor3d": 1.7}[cell["dataset"]]
        return metrics | ({"beta": learned} if cell["model"] == "l_vae" else {})

    synthetic.write_launch(uri, cells, grid="mine", change=change, artifacts=False)
    found = table("6.2", uri, grid="mine")
    assert [(row.dataset, row.model, row.beta) for row in found.rows] == [
        ("dsprites", "beta_vae", 0.89),
        ("dsprites", "l_vae", 0.9),
        ("falcor3d", "beta_vae", 1.9),
        ("falcor3d", "l_vae", 1.7),
    ]
    assert found.rows[0].counts.asked == 12
    assert "falcor3d: beta-VAE ran at 1.9, L-VAE learned 1.70" in found.notes


def test_table_6_2_while_the_beta_is_not_learned_yet(new_store):
    uri = new_store()
    cells = synthetic.thesis_cells(models=("l_vae",), batch_sizes=(64,))
    waiting = synthetic.make_cell("dsprites", "beta_vae", beta=1.0)
    waiting |= {"run_id": "waiting-1", "model": "beta_vae", "params": {"beta": "waiting for x"}}
    synthetic.write_launch(
        uri,
        [waiting, *cells],
        grid="table6_2",
        outcome=lambda c: None if c is waiting else ("finished", ""),
        artifacts=False,
    )
    found = table("6.2", uri, grid="table6_2")
    counts = [(row.model, row.counts.as_text()) for row in found.rows]
    assert counts == [("beta_vae", "0/1 (1 missing)"), ("l_vae", "12/12")]


def test_table_6_2_takes_the_beta_of_the_run_that_table_6_1_prints(new_store):
    """Its shipped grid resolves the learned beta by the rule of table6_1.yaml."""
    uri, cells = new_store(), synthetic.thesis_cells(models=("l_vae",))
    learned = {cell["run_id"]: 0.5 + place / 100 for place, cell in enumerate(cells)}

    def change(cell, metrics):
        return metrics | ({"beta": learned[cell["run_id"]]} if cell["model"] == "l_vae" else {})

    synthetic.write_launch(uri, cells, grid="table6_1", change=change, artifacts=False)
    [printed] = [row for row in table("6.1", uri).rows if row.winner]
    asked = synthetic.thesis_cells(models=("beta_vae",), betas=(round(printed.beta, 2),))
    synthetic.write_launch(uri, asked, grid="table6_2", change=change, artifacts=False)
    rows = [row for row in table("6.2", uri).rows if row.winner]
    assert [(row.model, row.beta) for row in rows] == [
        ("beta_vae", round(printed.beta, 2)),
        ("l_vae", printed.beta),
    ]
    assert rows[1].winner.first["run_id"] == printed.winner.first["run_id"]
    assert rows[0].counts.finished == 36


def test_largest_deviations_come_first_and_are_sized_as_stated(small):
    found = deviations(launched("7.1", small))
    assert [one.size for one in found] == sorted((one.size for one in found), reverse=True)
    recon = next(one for one in found if one.column == "reconstruction")
    assert recon.size == pytest.approx(abs(recon.ours / recon.published - 1))
    other = next(one for one in found if one.column == "cbd")
    assert other.size == pytest.approx(abs(other.ours - other.published))
    notes = table_page(launched("7.1", small), compare=True).notes
    assert "Largest deviations" in notes[0] and found[0].model in notes[1]


@pytest.mark.parametrize("name", TABLES)
def test_the_first_columns_are_those_of_the_published_file(name):
    theirs = list(published_rows(name.replace(".", "_"))[0])
    assert [*TABLES[name].ids, *TABLES[name].columns] == theirs


def test_unknown_names_are_reported_with_the_known_ones(small):
    with pytest.raises(UsageError, match="table '7.5' is unknown.*Known: 5.2, .*table7_1"):
        table("7.5", small)
    with pytest.raises(UsageError, match="format 'mdx' is unknown"):
        render(launched("7.1", small), "mdx")
    with pytest.raises(ResultsError, match="no grid 'x' was launched"):
        table("7.1", small, grid="x")
    with pytest.raises(UsageError, match="report 'train' is unknown"):
        launched("7.1", small, report="train")


@pytest.mark.slow
def test_all_of_the_thesis_is_counted(new_store):
    uri = new_store()
    cells = synthetic.thesis_cells(("dsprites", "falcor3d", "isaac3d", "mpi3d"))
    cells += synthetic.thesis_cells(("mpi3d",), ("mdl_vae_weak",))
    synthetic.write_launch(uri, cells, artifacts=False)
    found = launched("7.1", uri)
    assert sum(row.counts.finished for row in found.rows) == 1188
    assert len(found.rows) == 29 and not found.partial


def test_a_column_that_noise_scores_high_in_brings_its_companion():
    from sweeper.analysis.scores import score
    from sweeper.tables import TABLES

    spec = TABLES["7.1"].selected_by(score("infom"))
    assert spec.columns[-2:] == ("infom", "infoe")


def lucky_seeds(cell, metrics):
    """Two configurations: the faster one is best on seed 0 alone, the other everywhere else."""
    lucky = cell["learning_rate"] == 1e-4
    value = (0.9 if cell["seed"] == 0 else 0.1) if lucky else 0.3 + cell["seed"] / 100
    return metrics | {"measure/cbd": value, "measure/mig": value / 2}


def two_configurations(**options):
    return synthetic.thesis_cells(
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


@pytest.mark.parametrize("name", ["9.9", "table9_9"])
def test_a_number_that_is_no_table_is_named_even_without_a_store(name, tmp_path):
    with pytest.raises(UsageError, match=r"9.9' is unknown. Known: 5.2, 6.1"):
        table(name, f"sqlite:///{tmp_path}/mlflow.db")


def test_columns_that_the_grid_does_not_measure_are_one_line(new_store):
    uri = new_store()

    def change(cell, metrics):
        missing = {"measure/mig"} | ({"measure/explicitness"} if cell["label"] == "vae" else set())
        return {name: value for name, value in metrics.items() if name not in missing}

    synthetic.write_launch(
        uri, synthetic.small_cells(), grid="mine", change=change, artifacts=False
    )
    problems = table("mine", uri).problems
    assert problems == (
        "No chosen run has mig: `evaluation: measures` says what is scored, and `sweeper launch` "
        "of the grid adds it to finished runs without training.",
        "dsprites vae: the chosen run has no explicitness",
    )
