"""The selection rule: read off a grid and off its stored text alike, and what each part does."""

import pytest

from sweeper.analysis.rule import (
    SelectionRule,
    keep_rule,
    keeps_every_milestone,
    read_grid_text,
    rule_of,
)
from sweeper.analysis.scores import score
from sweeper.analysis.selection import best_configuration, ranked
from sweeper.errors import UsageError
from sweeper.grid import Grid, load_grid
from sweeper.planning.plan import make_plan
from trainers.config import KeepRule

TEXT = """
datasets: [dsprites, {name: mpi3d, source: synthetic}]
models: [vae, {l_vae: {axes: {iterations: 3e3}}}]
axes: {iterations: [1e3, 2000]}
evaluation: {num_points: 50, report: validation}
select: {by: mig, mode: min, statistic: median, milestone: last, min_active: 0}
"""


def cell(run_id, cbd, **changes):
    values = {"dataset": "dsprites", "model": "vae", "iterations": 100, "seed": 0}
    values |= {"status": "finished", "valid/recon": 10.0, "measure/cbd": cbd, "batch_size": 64}
    return {"run_id": run_id, **values, **changes}


def first(rule, *cells):
    return best_configuration(cells, rule).first["run_id"]


def test_a_grid_and_its_text_give_one_rule(tmp_path):
    (tmp_path / "g.yaml").write_text(TEXT)
    grid = load_grid(tmp_path / "g.yaml")
    assert rule_of(grid) == read_grid_text(TEXT).rule
    assert rule_of(grid).by.lower_is_better and rule_of(grid).statistic == "median"
    assert keep_rule(grid) == KeepRule("measure/mig", True, 0, True)


def test_a_text_says_what_its_grid_asks_for_at_full_length():
    found = read_grid_text(TEXT)
    assert (found.iterations, found.num_points) == ({1000, 2000, 3000}, 50)
    assert found.synthetic == {"mpi3d"}


def test_every_milestone_is_kept_while_any_may_be_the_winner():
    given = {"datasets": "dsprites", "models": "vae", "axes": {"iterations": [10, 20]}}
    kept = {k: Grid(**given, keep_weights=k) for k in ("none", "selected", "winners", "all")}
    assert {k for k, grid in kept.items() if keeps_every_milestone(grid)} == {"winners", "all"}
    for keep, grid in kept.items():
        assert read_grid_text(grid.origin.text).keep_weights == keep
        assert (keep_rule(grid) is None) == (keep == "none")
    last = Grid(**given, keep_weights="winners", select={"milestone": "last"})
    assert not keeps_every_milestone(last) and keep_rule(last).last_only
    assert read_grid_text("a: 1").keep_weights == read_grid_text("").keep_weights == "selected"


@pytest.mark.parametrize("text", ["", "[1, 2]", "a: [", "select: 3\naxes: {iterations: x}"])
def test_a_text_that_cannot_be_read_says_nothing(text):
    assert read_grid_text(text).rule == SelectionRule()


def test_the_defaults_leave_a_grids_id_as_it_was():
    given = {"datasets": "dsprites", "models": ["vae"], "axes": {"iterations": 10}}
    plain, same = Grid(**given), Grid(**given, select={"min_active": 1, "milestone": "best"})
    assert plain.requested()["select"] == {"by": "cbd", "mode": None}
    assert make_plan(plain).grid_id == make_plan(same).grid_id
    assert make_plan(plain).grid_id != make_plan(Grid(**given, select={"min_active": 0})).grid_id


def test_collapsed_runs_are_no_candidates_unless_admitted_and_uncounted_ones_are():
    collapsed = cell("a", 0.9, **{"latent/active": 0.0})
    active = cell("b", 0.5, batch_size=128, **{"latent/active": 3.0})
    uncounted = cell("c", 0.6, batch_size=256)
    assert first(SelectionRule(), collapsed, active) == "b"
    assert first(SelectionRule(), collapsed, active, uncounted) == "c"
    assert first(SelectionRule(min_active=0), collapsed, active, uncounted) == "a"
    assert first(SelectionRule(min_active=4), active, uncounted) == "c"


def test_the_last_milestone_counts_even_where_an_earlier_one_is_better():
    early, late = cell("a", 0.9), cell("b", 0.5, iterations=200)
    other = cell("c", 0.4, batch_size=128, iterations=200)
    rule = SelectionRule(milestone="last")
    assert first(SelectionRule(), early, late, other) == "a"
    assert first(rule, early, late, other) == "b"
    failed = {**late, "status": "diverged"}
    assert first(rule, early, failed, other) == "c"  # its last milestone is not there
    assert [one.candidates for one in ranked([early, late, other], rule)] == [2, 2]


def test_the_median_over_seeds_ignores_one_outlier():
    steady = [cell(f"a{seed}", 0.5, seed=seed) for seed in range(3)]
    wild = [cell(f"b{s}", v, seed=s, batch_size=128) for s, v in enumerate((0.4, 0.4, 0.9))]
    assert first(SelectionRule(), *steady, *wild) == "b0"
    assert first(SelectionRule(statistic="median"), *steady, *wild) == "a0"


def test_another_score_is_taken_by_its_usual_direction():
    rule = SelectionRule(milestone="last").with_score("recon", ())
    assert rule.by == score("reconstruction") and rule.milestone == "last"
    with pytest.raises(UsageError, match='Did you mean "cbd"'):
        rule.with_score("cdb", ())
