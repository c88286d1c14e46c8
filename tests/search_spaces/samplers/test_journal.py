"""The file that stores a search, and CMA-ES, which stores no pickle in it."""

import math
from pathlib import Path

import optuna
import pytest

from search_spaces.axes import Choice, Interval
from search_spaces.samplers import Search, SearchMismatch, TrialState
from search_spaces.samplers.cma_es import UnpickledCmaEs
from search_spaces.samplers.journal import cut_partial_line
from search_spaces.spaces import Space

PLANE = Space(common=(Interval("x", -3, 3), Interval("y", 1e-3, 10, log=True)))


@pytest.mark.parametrize(
    ("data", "good"),
    [
        (b"", 0),
        (b'{"a":1}\n', 8),
        (b'{"a":1}\n{"b"', 8),
        (b'{"a":1}\n{"b":}\n', 8),
        (b'{"a":1}\n\n', 8),
        (b'{"a":1}\n[1]\n\0\0\0', 8),
        (b"{", 0),
    ],
)
def test_only_complete_lines_are_kept(tmp_path: Path, data: bytes, good: int) -> None:
    path = tmp_path / "j"
    path.write_bytes(data)
    assert cut_partial_line(path) == len(data) - good
    assert path.read_bytes() == data[:good]


def test_a_missing_file_needs_no_repair(tmp_path: Path) -> None:
    assert cut_partial_line(tmp_path / "none") == 0


def test_a_journal_stores_every_kind_of_result(tmp_path: Path) -> None:
    def opened() -> Search:
        return Search(
            PLANE, ["min"], "random", "median", milestones=[1, 2], journal=tmp_path / "deep" / "j"
        )

    search = opened()
    for _ in range(4):
        search.ask()
    search.report(0, 1, 0.5)
    search.annotate(0, host="a")
    search.tell(0, [0.25])
    search.report(1, 1, 7.0)
    search.tell(1, None, pruned=True)
    search.tell(2, [math.nan])
    before = search.trials()
    assert [one.state for one in before] == [
        TrialState.DONE,
        TrialState.PRUNED,
        TrialState.FAILED,
        TrialState.OPEN,
    ]
    assert before[0].values == (0.25,) and before[0].notes == {"host": "a"}
    again = opened()
    assert again.trials() == before
    again.report(3, 1, 1.0)
    again.tell(3, [0.125])
    assert opened().best() == [3]


def test_a_different_identity_is_reported_key_by_key(tmp_path: Path) -> None:
    def opened(**identity: object) -> Search:
        return Search(PLANE, ["max"], journal=tmp_path / "j", identity=identity)

    opened(a=1, b=[2, 3])
    opened(b=(2, 3), a=1)
    with pytest.raises(SearchMismatch, match="^a was 1 and is 2; c was absent and is true$"):
        opened(a=2, b=[2, 3], c=True)


class Pickling(optuna.samplers.CmaEsSampler):
    """Optuna's own sampler. It draws a random number to create an optimiser and none to load one.
    This one always draws, so that both samplers are at the same position of their streams."""

    def _restore_optimizer(self, completed_trials):
        found = super()._restore_optimizer(completed_trials)
        if found is not None:
            self._cma_rng.rng.randint(1, 2**31 - 2)
        return found


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_cma_es_proposes_what_optunas_own_proposes(direction: str) -> None:
    """The same proposals over four generations, with a new sampler for each trial."""
    space = {"x": (-3.0, 3.0), "y": (0.0, 5.0), "z": (-1.0, 1.0)}

    def proposals(sampler) -> list[float]:
        study = optuna.create_study(direction=direction)
        for number in range(30):
            study.sampler = sampler(number)
            trial = study.ask()
            point = {name: trial.suggest_float(name, *ends) for name, ends in space.items()}
            study.tell(trial, sum((value - 0.5) ** 2 for value in point.values()))
        return [value for trial in study.trials for value in trial.params.values()]

    def theirs(number: int) -> Pickling:
        random = optuna.samplers.RandomSampler(seed=number)
        return Pickling(seed=number, independent_sampler=random, warn_independent_sampling=False)

    assert proposals(UnpickledCmaEs) == pytest.approx(proposals(theirs))


def test_cma_es_stores_no_optimiser(tmp_path: Path) -> None:
    search = Search(PLANE, ["min"], "cmaes", journal=tmp_path / "j")
    for _ in range(20):
        number, point = search.ask()
        search.tell(number, [point["x"] ** 2])
    assert b"cma:generation" in (tmp_path / "j").read_bytes()
    assert b"optimizer" not in (tmp_path / "j").read_bytes()


def test_points_of_a_space_are_counted_and_listed() -> None:
    space = Space(
        common=(Choice("a", (1, 2)), Interval("n", 2, 6, step=2, integer=True)),
        switch="m",
        branches={"p": (Interval("b", 0, 1, step=0.25),), "q": ()},
    )
    points = list(space.points())
    assert space.size() == len(points) == 2 * 3 * 5 + 2 * 3
    assert {point["n"] for point in points} == {2, 4, 6}
    assert {point.get("b") for point in points} == {None, 0, 0.25, 0.5, 0.75, 1.0}
    assert PLANE.size() is None


def test_a_sampled_point_lies_in_the_space() -> None:
    import random

    rng = random.Random(0)
    drawn = [PLANE.sample(rng) for _ in range(200)]
    assert all(-3 <= point["x"] <= 3 and 1e-3 <= point["y"] <= 10 for point in drawn)
    assert sum(point["y"] < 0.1 for point in drawn) == pytest.approx(100, abs=25)
