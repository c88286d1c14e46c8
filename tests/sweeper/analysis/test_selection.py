"""The rule of selection, clause by clause, and how it changes with the measure."""

import math
from itertools import permutations

import pytest

from sweeper.analysis.comparison import compare
from sweeper.analysis.rule import SelectionRule, make_rule
from sweeper.analysis.selected import select
from sweeper.analysis.selection import best_configuration, ranked
from sweeper.errors import UsageError
from sweeper.tables.pages.comparison import agreements_page, winners_page
from sweeper.tables.render import PAGES
from tests.sweeper.support import synthetic_store as synthetic

CBD = SelectionRule()


def cell(run_id, cbd, recon=10.0, iterations=1000, seed=0, status="finished", rate=1e-4):
    return {
        "run_id": run_id,
        "dataset": "dsprites",
        "model": "vae",
        "learning_rate": rate,
        "iterations": iterations,
        "seed": seed,
        "status": status,
        "measure/cbd": cbd,
        "valid/recon": recon,
    }


def chosen(*cells, by=CBD):
    """The winner's first run id, whatever order the cells come in."""
    found = {best_configuration(order, by).first["run_id"] for order in permutations(cells)}
    (only,) = found
    return only


def test_the_best_score_wins():
    assert chosen(cell("a", 0.5), cell("b", 0.6, rate=1e-5), cell("c", 0.4, rate=1e-3)) == "b"


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_not_finite_is_never_selected(bad):
    assert chosen(cell("a", 0.1), cell("b", bad, rate=1e-5)) == "a"
    assert best_configuration([cell("b", bad)], CBD) is None


@pytest.mark.parametrize("status", ["diverged", "failed", "missing", "unfinished"])
def test_only_finished_runs_are_selected(status):
    assert chosen(cell("a", 0.1), cell("b", 0.9, rate=1e-5, status=status)) == "a"


def test_ties_go_to_the_lower_reconstruction_then_fewer_iterations_then_the_run_id():
    assert chosen(cell("a", 0.5, 12.0), cell("b", 0.5, 11.0, rate=1e-5)) == "b"
    assert chosen(cell("a", 0.5, iterations=2000), cell("b", 0.5, iterations=1000)) == "b"
    assert chosen(cell("b", 0.5), cell("a", 0.5, rate=1e-5)) == "a"
    assert chosen(cell("a", 0.5, math.nan), cell("b", 0.5, 99.0, rate=1e-5)) == "b"


def test_reconstruction_is_better_lower():
    cells = cell("a", 0.5, 12.0), cell("b", 0.6, 11.0, rate=1e-5)
    assert chosen(*cells, by=make_rule("reconstruction")) == "b"


def test_seeds_are_averaged_and_the_lucky_one_does_not_win():
    steady = [cell("a", 0.5, seed=0), cell("b", 0.52, seed=1)]
    lucky = [cell("c", 0.7, seed=0, rate=1e-5), cell("d", 0.2, seed=1, rate=1e-5)]
    winner = best_configuration([*lucky, *steady], CBD)
    assert [run["run_id"] for run in winner.runs] == ["a", "b"]
    assert winner.value == pytest.approx(0.51)
    assert winner.spread("measure/cbd").sd == pytest.approx(0.02 / math.sqrt(2))


def test_a_configuration_that_lost_a_seed_is_not_selected_for_the_other():
    whole = [cell("a", 0.5, seed=0), cell("b", 0.5, seed=1)]
    half = [cell("c", 0.9, seed=0, rate=1e-5), cell("d", math.nan, seed=1, rate=1e-5)]
    assert best_configuration([*whole, *half], CBD).first["run_id"] == "a"
    assert len(ranked([*whole, *half], CBD)) == 1


def test_select_gives_a_row_for_each_model_with_its_settings(small):
    frame = select(small, by="mig").set_index("label")
    assert list(frame.index) == ["beta_vae", "l_vae", "mdl_vae_strong", "vae"]
    for label, row in frame.iterrows():
        mine = small.runs[(small.runs.model == label)]
        assert row.score == mine["measure/mig"].max()
        assert row.run_ids == mine.loc[mine["measure/mig"].idxmax()].run_id
    assert select(small, dataset="mpi3d").empty


def test_an_unknown_measure_is_reported_with_similar_names(small):
    with pytest.raises(UsageError, match='cbd_compactnes.* Did you mean "cbd_compactness"'):
        select(small, by="cbd_compactnes")


def test_the_winner_changes_with_the_measure(new_store):
    """Two measures that order the models the other way round: rank correlation -1."""
    uri = new_store()
    models = ("vae", "control_vae", "dynamic_vae", "sigma_vae")
    cells = [synthetic.make_cell("dsprites", model) for model in models]

    def change(cell, metrics):
        place = models.index(cell["model"]) / 10
        return metrics | {"measure/cbd": place, "measure/mig": 0.9 - place, "measure/sap": 0.5}

    synthetic.write_launch(uri, cells, change=change, artifacts=False)
    found = compare(uri, by=["cbd", "mig", "sap"])
    assert [one.winners[0].first["model"] for one in found.rankings[:2]] == ["sigma_vae", "vae"]
    first = found.agreements[0]
    assert (first.spearman, first.kendall, first.n) == (pytest.approx(-1), pytest.approx(-1), 4)
    assert math.isnan(found.agreements[1].spearman)  # sap is the same everywhere
    text = PAGES["md"](winners_page(found)) + PAGES["terminal"](agreements_page(found))
    assert "VAE 0.90 \\> ControlVAE 0.80" in text and "-1.00" in text
