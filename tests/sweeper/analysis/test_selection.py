"""The rule of selection, clause by clause."""

import json
import math
from dataclasses import replace
from itertools import permutations

import pytest

from sweeper.analysis.rule import SelectionRule, make_rule
from sweeper.analysis.selection import (
    Winner,
    best_configuration,
    configuration,
    counted_milestones,
    is_candidate,
    is_collapsed,
    is_scored,
    number,
    ranked,
)
from sweeper.analysis.statistics.spread import spread
from sweeper.ids import id_of

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


def test_two_configurations_that_differ_by_a_parameter_of_the_model_compete():
    cells = [cell(str(beta), score) | {"param/beta": beta} for beta, score in ((2, 0.4), (4, 0.5))]
    (best, other) = ranked(cells, CBD)
    assert (best.first["run_id"], other.first["run_id"]) == ("4", "2")
    assert best.candidates == other.candidates == 2
    assert ranked([], CBD) == [] and best_configuration([], CBD) is None


def test_a_configuration_is_all_settings_but_the_seed_and_those_named():
    one = cell("a", 0.5) | {"param/beta": 4.0, "notes": "mine"}
    same = cell("b", 0.9, recon=1.0, seed=7) | {"param/beta": 4.0, "notes": "other"}
    assert configuration(one) == configuration(same)
    for change in ({"learning_rate": 1e-5}, {"param/beta": 2.0}, {"iterations": 2000}):
        assert configuration(one | change) != configuration(same)
    longer = one | {"iterations": 2000}
    assert configuration(longer, "iterations") == configuration(same, "iterations")
    assert configuration(one | {"param/beta": 4}) != configuration(one)  # by what is printed
    assert [name for name, _ in configuration(one)] == [
        "dataset", "iterations", "learning_rate", "model", "param/beta",
    ]  # fmt: skip


def test_runs_of_a_winner_are_in_order_of_seed_then_of_run_id():
    cells = [cell("c", 0.5, seed=0), cell("a", 0.5, seed=1), cell("b", 0.5, seed=1)]
    for order in permutations(cells):
        winner = best_configuration(order, CBD)
        assert [run["run_id"] for run in winner.runs] == ["c", "a", "b"]
        assert winner.first["run_id"] == "c"


def test_the_last_tie_is_decided_by_the_smallest_run_id_of_any_seed():
    one = [cell("b", 0.5, seed=0), cell("y", 0.5, seed=1)]
    other = [cell("z", 0.5, seed=0, rate=1e-5), cell("a", 0.5, seed=1, rate=1e-5)]
    assert best_configuration([*one, *other], CBD).first["run_id"] == "z"


def test_ties_are_decided_by_the_same_statistic_of_the_reconstruction():
    by_median = make_rule(statistic="median")
    one = [cell(f"a{n}", 0.5, recon, seed=n) for n, recon in enumerate((1, 9, 50))]
    other = [cell(f"b{n}", 0.5, recon, seed=n, rate=1e-5) for n, recon in enumerate((10, 11, 12))]
    assert best_configuration([*one, *other], CBD).first["run_id"] == "b0"  # means 20, 11
    assert best_configuration([*one, *other], by_median).first["run_id"] == "a0"  # medians 9, 11


def test_only_the_most_iterations_asked_for_count_by_the_last_milestone():
    last = make_rule(milestone="last")
    cells = [
        cell("a", 0.9, iterations=1),
        cell("b", 0.5, iterations=3, status="missing"),
        cell("c", 0.4, iterations=2),
        cell("d", 0.1, iterations=2, rate=1e-5),
    ]
    for order in permutations(cells):
        counted = {run["run_id"] for run in counted_milestones(order, last)}
        assert counted == {"b", "d"}
        assert [winner.first["run_id"] for winner in ranked(order, last)] == ["d"]
        assert counted_milestones(iter(order), CBD) == list(order)


def test_what_was_read_from_a_store_is_compared_by_value():
    def stored(value):  # no object is the same as another
        return json.loads(json.dumps(value))

    rule = replace(CBD, statistic=stored("median"), milestone=stored("last"))
    one = [cell(f"a{n}", v, iterations=2000, seed=n) for n, v in enumerate((0.4, 0.4, 0.9))]
    other = [cell(f"b{n}", 0.5, iterations=2000, seed=n, rate=1e-5) for n in range(3)]
    early = [cell(f"c{n}", 0.99, iterations=1000, seed=n) for n in range(3)]
    winner = best_configuration(stored([*one, *other, *early]), rule)
    assert [run["run_id"] for run in winner.runs] == ["b0", "b1", "b2"]
    assert winner.value == 0.5 and winner.candidates == 2


@pytest.mark.parametrize(("active", "candidate"), [(1, False), (2, True), (None, True)])
def test_a_run_with_fewer_active_latents_than_asked_for_is_collapsed(active, candidate):
    rule = make_rule(min_active=2)
    run = cell("a", 0.5) | {"latent/active": active}
    assert is_collapsed(run, rule) is not candidate
    assert is_candidate(run, rule) is candidate and is_scored(run, rule)
    assert not is_candidate(run | {"status": "failed"}, rule)


def test_a_number_that_a_run_has_not_is_nan():
    assert math.isnan(number({}, "a")) and math.isnan(number({"a": None}, "a"))
    assert number({"a": 3}, "a") == 3.0 and isinstance(number({"a": 3}, "a"), float)
    assert number({"a": 0.0}, "a") == 0.0


def test_means_of_a_winner_over_its_seeds():
    values = [(0.5, 4), (0.2, 5), (0.2, 3)]
    runs = [cell(f"r{n}", s, seed=n) | {"latent/active": a} for n, (s, a) in enumerate(values)]
    winner = best_configuration(runs, CBD)
    assert winner.mean("measure/cbd") == winner.value == pytest.approx(0.3)
    assert winner.active == 4.0 and winner.by == CBD.by
    assert math.isnan(winner.mean("measure/mig"))
    alone = Winner((runs[0],), CBD, 0.5)
    assert (alone.candidates, alone.active, alone.mean("measure/cbd")) == (1, 4.0, 0.5)


def test_the_interval_of_a_column_is_drawn_by_its_name_and_the_runs():
    values = [math.sqrt(n) for n in range(8)]  # so uneven that each seed has its own interval
    winner = best_configuration([cell(f"r{n}", v, seed=n) for n, v in enumerate(values)], CBD)
    seed = int(id_of(["measure/cbd", *(f"r{n}" for n in range(8))]), 16)
    assert winner.spread("measure/cbd") == spread(values, seed) != spread(values, seed + 1)
    assert winner.spread("measure/mig") is None


def test_a_column_that_one_seed_has_not_has_no_mean():
    runs = [cell("a", 0.5, seed=0) | {"measure/mig": 0.1}, cell("b", 0.5, seed=1)]
    found = best_configuration(runs, CBD).spread("measure/mig")
    assert found.n == 2 and math.isnan(found.mean)


def test_a_score_that_compares_seeds_has_a_mean_and_no_interval():
    runs = [cell(f"r{n}", 0.5, seed=n) | {"measure/udr": 0.1 * n} for n in range(3)]
    found = best_configuration(runs, CBD).spread("measure/udr")
    assert (found.n, found.mean) == (3, pytest.approx(0.1))
    assert math.isnan(found.sd) and math.isnan(found.low)
