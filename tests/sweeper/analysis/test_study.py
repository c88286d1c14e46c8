"""The frames: every run and score of the store, typed, and nothing that is not in it."""

import math

import pytest

from sweeper.analysis.population import results
from sweeper.analysis.rule import SelectionRule
from sweeper.analysis.selection import best_configuration
from sweeper.analysis.study import read_study
from sweeper.errors import ResultsError
from sweeper.tables import table
from sweeper.tracking import layout
from sweeper.tracking.connection import open_client
from sweeper.tracking.reading.reader import finished_runs, stored_runs
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic


def test_the_wide_form_has_a_row_a_run_with_typed_settings(small):
    assert len(small.runs) == 40 and small.runs.run_id.is_unique
    row = small.runs[(small.runs.model == "beta_vae") & (small.runs["param/beta"] == 2.0)].iloc[0]
    assert (row.dataset, row.batch_size, row.learning_rate) == ("dsprites", 64, 1e-5)
    assert (row.iterations, row.seed, row.protocol) == (50_000, 0, "thesis")
    assert row.status == "finished" and row.synthetic == False  # noqa: E712


def test_the_tidy_form_has_the_numbers_that_were_logged(small_uri):
    tidy = results(small_uri, grid="table7_1")
    cell = invented.small_cells()[7]
    mine = tidy[tidy.run_id == cell["run_id"]].set_index("measure").value
    logged = invented.final_metrics(cell)
    assert set(mine.index) == {*invented.MEASURES, "valid/recon", "valid/kl"}
    assert all(mine[name] == logged[f"measure/{name}"] for name in invented.MEASURES)
    assert mine["valid/recon"] == logged["valid/recon"]
    assert len(tidy) == 40 * 13


def test_a_parameter_and_a_trajectory_of_one_name_stay_apart(small):
    assert small.runs["param/beta"].notna().sum() == 16  # beta_vae
    assert small.runs["last/beta"].notna().sum() == 8  # l_vae


def test_infinities_are_restored(new_store):
    uri = new_store()
    synthetic.write_launch(
        uri,
        invented.small_cells()[:1],
        change=lambda cell, metrics: metrics | {"measure/cbd": -math.inf, "valid/recon": math.inf},
        artifacts=False,
    )
    runs = read_study(uri).runs
    assert runs["measure/cbd"].tolist() == [-math.inf]
    assert runs["valid/recon"].tolist() == [math.inf]


def test_a_run_that_has_not_ended_is_unfinished_and_counts_as_missing(new_store):
    uri, cells = new_store(), invented.small_cells()[:2]
    fates = {cells[0]["run_id"]: ("running", "")}
    synthetic.write_launch(
        uri, cells, outcome=lambda c: fates.get(c["run_id"], ("finished", "")), artifacts=False
    )
    study = read_study(uri)
    assert sorted(study.runs.status) == ["finished", "unfinished"]
    assert finished_runs(stored_runs(uri)).keys() == {cells[1]["run_id"]}
    assert table("7.1", study, grid="table7_1").rows[0].counts.as_text() == "1/2 (1 missing)"


def test_settings_stay_whole_numbers_beside_a_run_that_has_none_yet(new_store):
    """A launch that is killed leaves a run without parameters; those of others became 64.0."""
    uri, cells = new_store(), invented.small_cells()[:2]
    synthetic.write_launch(uri, cells, artifacts=False)
    client, (one, *_) = open_client(uri), read_study(uri).stored.values()
    tags = {layout.KIND: layout.KIND_RUN, layout.RUN_ID: "0" * 16}
    client.create_run(one.experiment_id, tags=tags)
    study = read_study(uri)
    settings = {row["run_id"]: [row[name] for name in layout.INT_PARAMS] for row in study.rows}
    assert all(math.isnan(value) for value in settings.pop("0" * 16))
    assert set(settings) == {cell["run_id"] for cell in cells}
    assert {type(value) for values in settings.values() for value in values} == {int}


def test_a_grid_that_was_never_launched_is_reported_with_those_that_were(small_uri):
    with pytest.raises(ResultsError, match="no grid 'quickstart'.*Launched: table7_1"):
        results(small_uri, grid="quickstart")


def test_runs_of_two_grids_in_one_store(new_store):
    uri, cells = new_store(), invented.small_cells()
    synthetic.write_launch(uri, cells[:6], grid="first", artifacts=False)
    synthetic.write_launch(uri, cells[4:9], grid="second", artifacts=False)
    asked = {cell["run_id"] for cell in cells[4:9]}
    assert set(results(uri, grid="second").run_id) == asked  # two of them ran for the first
    assert len(read_study(uri).runs) == 9


def test_latents_trajectories_and_milestones_on_demand(small):
    cell = invented.make_cell("dsprites", "l_vae", iterations=200_000)
    mu_NL, factors_NK = invented.latents(cell)
    found = small.latents(cell["run_id"])
    assert (found.mu_NL == mu_NL).all() and (found.factors_NK == factors_NK).all()
    assert found.names == invented.FACTORS["dsprites"]
    curve = small.trajectory(cell["run_id"])
    assert curve["iteration"][-1] == 200_000 and "sigma/recon" in curve
    siblings = small.siblings(cell["run_id"])
    assert siblings.iterations.tolist() == [50_000, 100_000, 200_000, 300_000]
    assert set(siblings.training_id) == {cell["training_id"]}


@pytest.fixture
def annotated(new_store):
    """A run on each of two seeds, and the notes that its owner added to one of them."""
    uri = new_store()
    first = next(c for c in invented.small_cells() if c["model"] == "beta_vae")
    cells = [first, {**first, "seed": 1, "run_id": "5" * 16, "training_id": "6" * 16}]
    synthetic.write_launch(uri, cells, artifacts=False)
    before = read_study(uri)
    client = open_client(uri)
    run = before.stored[first["run_id"]].mlflow_run_id
    client.log_param(run, "comment", "looks good")
    client.log_param(run, "gamma", "3")
    client.set_tag(run, "reviewed", "yes")
    client.log_metric(run, "measure/by_eye", 10.0)
    client.log_metric(run, "valid/time_s", 1.0)
    return before, read_study(uri), run


def test_parameters_that_people_add_split_no_configuration(annotated):
    before, after, _ = annotated
    assert set(after.runs) - set(before.runs) == {"last/measure/by_eye", "last/valid/time_s"}
    cells = [study.runs.to_dict("records") for study in (before, after)]
    rule = SelectionRule()
    winners = [best_configuration(rows, rule) for rows in cells]
    assert [len(winner.runs) for winner in winners] == [2, 2]


def test_what_people_add_is_kept(annotated):
    _, after, run = annotated
    (stored,) = (found for found in after.stored.values() if found.mlflow_run_id == run)
    assert stored.params["comment"] == "looks good" and stored.tags["reviewed"] == "yes"
    assert stored.metrics["measure/by_eye"] == 10.0
