"""`sweeper confirm`: what is trained, what is printed, and what a kill costs."""

import math

import pytest

from sweeper.cli.confirm import _limits
from sweeper.confirm.confirm import confirm, open_confirmation, price
from sweeper.confirm.confirmation import ConfirmOptions
from sweeper.confirm.race import RaceRules
from sweeper.confirm.result import confirmation_json, confirmation_page
from sweeper.errors import ResultsError, UsageError
from sweeper.grid import Grid
from sweeper.planning.plan import make_plan
from sweeper.planning.settings import default_settings
from sweeper.tables import table
from sweeper.tables.render import PAGES

RATES = [1e-2, 1e-3, 1e-4, 1e-5]
MEANS = {"vae": 0.3, "l_vae": 0.6}


def grid_of(**more):
    content = {
        "datasets": "dsprites",
        "models": ["vae", "l_vae"],
        "axes": {"batch_size": 16, "learning_rate": RATES, "iterations": [10, 20]},
        "name": "small",
        "evaluation": {"measures": "cbd"},
    }
    return Grid(**{**content, **more})


@pytest.fixture
def confirmed(launched, truth):
    """Launches a grid and confirms it: the outcome and the state after it."""
    truth.mean = lambda config: MEANS[config.model]

    def run(grid=None, options=None, launch=True, **more):
        grid = grid or grid_of()
        settings = default_settings()
        if launch:
            launched(grid)
        found = open_confirmation(grid, settings, options or ConfirmOptions())
        return confirm(found, settings, **more)

    return run


def test_winners_and_rivals_are_trained_on_seeds_that_the_grid_does_not_ask_for(
    confirmed, engine, runs
):
    outcome, found = confirmed()
    assert outcome.exit_code == 0 and found.is_settled
    assert len(found.arms) == 6 and [arm.rank for arm in found.arms] == [0, 1, 2] * 2
    assert {len(found.values(arm)) for arm in found.arms} == {3}
    wanted = {cell.run_id for cell in found.cells()}
    assert {cell.config.seed for cell in found.cells()} == {1, 2, 3}
    again = make_plan(grid_of(seeds=[0, 1, 2, 3]))
    assert wanted <= set(again.run_ids)  # ordinary runs with ordinary ids
    assert len(engine.trained) == 8 + 18
    stored = [run_id for run_id, _ in runs()]
    assert len(stored) == len(set(stored)) == 16 + 18


def test_selected_score_fresh_score_shrinkage_and_order_are_shown(confirmed):
    _, found = confirmed()
    winner = found.arms[0]
    fresh = sum(found.values(winner)) / 3
    page = confirmation_page(found)
    row = page.sections[0].rows[0]
    assert row[1].text == f"{winner.selected.value:.3f}"
    assert row[2].text.startswith(f"{fresh:.3f} (")
    assert row[3].text == f"{winner.selected.value - fresh:+.3f}"
    assert any(
        note == "dsprites: the order of the models stands. Selected: l_vae > vae. "
        "Fresh: l_vae > vae."
        for note in page.notes
    )
    plain = confirmation_json(found)
    assert plain["orders"][0]["stands"] is True and plain["settled"] is True
    assert "rival 1" in PAGES["md"](page)


def test_rivals_differ_in_more_than_iterations(confirmed):
    _, found = confirmed()
    rates = [(arm.label, arm.cell.config.learning_rate) for arm in found.arms]
    assert len(set(rates)) == 6


def test_an_interrupted_confirmation_resumes_and_trains_nothing_twice(confirmed, engine):
    engine.milestones = 16 + 5  # the grid, then five of 18 fresh trainings
    outcome, found = confirmed()
    assert outcome.num_left and found.is_waiting
    before = list(engine.trained)
    engine.milestones = 10**9
    outcome, found = confirmed(launch=False)
    assert outcome.exit_code == 0 and found.is_settled
    assert len(found.cells()) == 18
    trained = list(engine.trained)
    assert len(set(trained)) == 8 + 18
    done = set(before[:-1])  # the last one was interrupted
    assert done.isdisjoint(engine.trained[len(before) :])
    outcome, _ = confirmed(launch=False)
    assert len(engine.trained) == len(trained)


def test_seeds_are_added_only_where_the_order_is_open(confirmed, truth):
    truth.mean = lambda config: {"vae": 0.30, "sigma_vae": 0.31, "l_vae": 0.9}[config.model]
    _, found = confirmed(grid_of(models=["vae", "l_vae", "sigma_vae"]))
    seeds = {arm.label: len(found.values(arm)) for arm in found.arms if not arm.rank}
    assert seeds["l_vae"] == 3 and seeds["vae"] == seeds["sigma_vae"] == 10
    assert not found.is_settled
    assert "(not settled)" in " ".join(confirmation_page(found).notes)


def test_a_budget_that_is_used_up_ends_the_race(truth, launched):
    grid, settings = grid_of(), default_settings()
    truth.mean = lambda config: 0.3
    launched(grid)
    options = ConfirmOptions(max_trainings=20)
    outcome, found = confirm(open_confirmation(grid, settings, options), settings)
    assert outcome.exit_code == 0 and found.is_over_budget and not found.is_settled
    assert "more than 20 trainings" in " ".join(confirmation_page(found).notes)
    assert {len(found.values(arm)) for arm in found.arms} == {3}


def test_the_price_is_that_of_the_plan_and_exact_in_trainings(launched, truth):
    truth.mean = lambda config: MEANS[config.model]
    grid, settings = grid_of(), default_settings()
    launched(grid)
    known = price(open_confirmation(grid, settings, ConfirmOptions()), settings, None)
    assert known.next.to_json()["trainings"] == 18
    assert known.most.to_json()["trainings"] == 60
    outcome, _ = confirm(open_confirmation(grid, settings, ConfirmOptions()), settings)
    assert len(outcome.plan.trainings) == 18
    after = price(open_confirmation(grid, settings, ConfirmOptions()), settings, None)
    assert after.next.to_json()["steps_to_run"] == 0


def test_tables_of_the_grid_do_not_change_and_the_confirmation_has_its_own(confirmed):
    confirmed()
    uri = default_settings().tracking_uri
    assert [row.counts.as_text() for row in table("small", uri).rows] == ["8/8", "8/8"]
    own = table("small-confirm", uri)
    assert [row.counts.as_text() for row in own.rows] == ["9/9", "9/9"]


def test_a_diverged_fresh_seed_counts_as_ended(confirmed, engine, truth, launched):
    truth.mean = lambda config: MEANS[config.model]
    grid, settings = grid_of(), default_settings()
    launched(grid)
    engine.diverges = {"vae"}
    outcome, found = confirm(open_confirmation(grid, settings, ConfirmOptions()), settings)
    assert outcome.exit_code == 1  # as every launch with diverged runs
    vae = [arm for arm in found.arms if arm.label == "vae"]
    assert all(found.num_without_score(arm) == 3 for arm in vae)
    assert "3 without score" in PAGES["md"](confirmation_page(found))


def test_an_unfinished_grid_is_refused(launched, engine, truth):
    engine.milestones = 3
    grid = grid_of()
    launched(grid)
    with pytest.raises(ResultsError, match="13 runs are missing of small"):
        settings = default_settings()
        confirm(open_confirmation(grid, settings, ConfirmOptions()), settings)


def test_selection_race_and_fresh_scores_agree_with_the_known_means(launched, truth):
    """One model, 36 configurations, spread of the true means 0.06, of seeds 0.04: the selected
    score is too high by what fresh seeds show, and the best arm by fresh seeds is a good one."""
    grid = grid_of(
        models="vae",
        axes={
            "batch_size": [4, 5, 6, 7, 8, 9],
            "learning_rate": [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7],
            "iterations": 10,
        },
    )
    ranks = {rate: place for place, rate in enumerate((1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7))}
    truth.mean = lambda c: 0.5 + 0.035 * (ranks[c.learning_rate] - 2.5)
    launched(grid)
    settings = default_settings()
    options = ConfirmOptions(rivals=3, race=RaceRules(5, 10))
    _, found = confirm(open_confirmation(grid, settings, options), settings)
    winner = found.arms[0]
    true_mean = truth.mean(winner.cell.config)
    fresh = found.values(winner)
    assert abs(sum(fresh) / len(fresh) - true_mean) < 4 * truth.sd / math.sqrt(len(fresh))
    assert winner.selected.value > true_mean  # the maximum of 36
    [(_, best)] = next(iter(found.races.values())).order
    arm = next(arm for arm in found.arms if arm.name == best)
    assert ranks[arm.cell.config.learning_rate] >= 4


def test_every_mistake_in_a_budget_is_named():
    assert _limits("trainings=40, hours=2.5") == {"trainings": 40, "hours": 2.5}
    with pytest.raises(UsageError) as error:
        _limits("gpus=2,hours=x,money=0")
    assert str(error.value).count("--budget") == 3
