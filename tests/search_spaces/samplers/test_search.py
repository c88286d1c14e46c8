"""Searches by ask and tell: one suite for every sampler."""

import math

import pytest

from search_spaces.axes import Choice, Interval
from search_spaces.products import Point
from search_spaces.samplers import PRUNERS, SAMPLERS, Search
from search_spaces.spaces import Space

SPACE = Space(
    common=(Interval("rate", 1e-5, 1e-1, log=True), Choice("fixed", ("only",))),
    switch="model",
    branches={
        "beta": (Interval("weight", 0.5, 4.0),),
        "other": (Interval("weight", 1, 9, step=2, integer=True), Choice("flag", (True, False))),
    },
)


def value_of(point: Point) -> float:
    """Largest at rate 1e-3, model 'beta' and weight 2."""
    model = 1.0 if point["model"] == "beta" else 0.0
    return model - abs(math.log10(point["rate"]) + 3) - abs(point["weight"] - 2)


def run_search(
    sampler: str, seed: int, count: int, results: list[tuple[Point, float]]
) -> list[Point]:
    """Points proposed after the given results; each is given its value before the next."""
    search = Search(SPACE, ["max"], sampler, seed=seed)
    for point, value in results:
        search.add_finished(point, [value])
    asked = []
    for _ in range(count):
        number, point = search.ask()
        search.tell(number, [value_of(point)])
        asked.append(point)
    return asked


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_points_lie_in_the_space(sampler: str) -> None:
    for point in run_search(sampler, 0, 20, []):
        assert 1e-5 <= point["rate"] <= 1e-1 and point["fixed"] == "only"
        if point["model"] == "beta":
            assert set(point) == {"model", "rate", "fixed", "weight"}
            assert 0.5 <= point["weight"] <= 4.0
        else:
            assert set(point) == {"model", "rate", "fixed", "weight", "flag"}
            assert point["weight"] in (1, 3, 5, 7, 9) and isinstance(point["weight"], int)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_seed_determines_the_proposals(sampler: str) -> None:
    assert run_search(sampler, 1, 12, []) == run_search(sampler, 1, 12, [])
    assert run_search(sampler, 1, 12, []) != run_search(sampler, 2, 12, [])


@pytest.mark.parametrize("sampler", ["tpe", "random"])
@pytest.mark.parametrize("done", [1, 9, 14])
def test_a_resumed_search_makes_the_same_proposals(sampler: str, done: int) -> None:
    """Not for nsga2, which stores generations that a result alone does not have."""
    whole = run_search(sampler, 5, 18, [])
    results = [(point, value_of(point)) for point in whole[:done]]
    assert run_search(sampler, 5, 18 - done, results) == whole[done:]


def test_tpe_finds_better_points_than_random_search() -> None:
    """Over 5 seeds, the mean of the last 20 of 60 points."""

    def late(sampler: str) -> float:
        values = [
            value_of(point) for seed in range(5) for point in run_search(sampler, seed, 60, [])[40:]
        ]
        return sum(values) / len(values)

    assert late("tpe") > late("random") + 0.5


def test_failed_trials_are_never_the_best() -> None:
    search = Search(SPACE, ["max"], seed=0)
    assert search.best() == []
    for values in (None, [math.nan], [math.inf], [0.25], [0.5]):
        number, _ = search.ask()
        search.tell(number, values)
    assert search.best() == [4]


def test_two_directions_give_a_pareto_front() -> None:
    search = Search(SPACE, ["max", "min"], seed=0)
    for values in ([1.0, 1.0], [2.0, 2.0], [1.0, 2.0], [3.0, 3.0]):
        number, _ = search.ask()
        search.tell(number, values)
    assert search.best() == [0, 1, 3]
    with pytest.raises(ValueError, match="cannot prune"):
        Search(SPACE, ["max", "min"], pruner="median")


@pytest.mark.parametrize("pruner", PRUNERS)
def test_pruners_stop_a_poor_trial(pruner: str) -> None:
    search = Search(SPACE, ["max"], "random", pruner, seed=0)
    stopped = []
    for value in [1.0] * 8 + [0.0]:
        number, _ = search.ask()
        stopped.append(any([search.report(number, step, value) for step in (1, 2, 3, 4)]))
        search.tell(number, [value], pruned=stopped[-1])
    assert stopped[-1] == (pruner != "none")
    assert not search.report(search.ask()[0], 1, math.nan)


def test_unknown_samplers_and_pruners_are_refused() -> None:
    with pytest.raises(ValueError, match="known: tpe"):
        Search(SPACE, ["max"], "bayes")
    with pytest.raises(ValueError, match="known: none"):
        Search(SPACE, ["max"], pruner="axe")
