"""Searches by ask and tell, over Optuna: the one file that imports it.

The sampler of each question is seeded by (seed, number of the question), so what is asked depends
on the seed and on what was told, never on where a search was interrupted: after `replay` of its
results, a search goes on as it would have."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState, create_trial

from search_spaces.axes import Axis, Choice
from search_spaces.grids import Point
from search_spaces.spaces import Space

SAMPLERS = ("tpe", "random", "nsga2")
PRUNERS = ("none", "median", "halving")


class Searcher:
    """One search. directions: 'max' or 'min' for each number that `tell` is given; with two or
    more it is a Pareto search, which cannot prune."""

    def __init__(
        self,
        space: Space,
        directions: Sequence[str],
        sampler: str = "tpe",
        pruner: str = "none",
        seed: int = 0,
    ) -> None:
        if len(directions) > 1 and pruner != "none":
            raise ValueError("a search of several directions cannot prune")
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.space, self.sampler, self.seed = space, sampler, seed
        words = {"max": "maximize", "min": "minimize"}
        self.study = optuna.create_study(
            directions=[words[direction] for direction in directions],
            sampler=_sampler(sampler, seed),
            pruner=_pruner(pruner),
        )
        self._open: dict[int, optuna.Trial] = {}

    def ask(self) -> tuple[int, Point]:
        """The number of the question, from 0, and the point to try."""
        number = len(self.study.get_trials(deepcopy=False))
        self.study.sampler = _sampler(self.sampler, (self.seed * 1_000_003 + number) % 2**32)
        trial = self.study.ask()
        self._open[trial.number] = trial
        return trial.number, suggest(trial, self.space)

    def report(self, number: int, step: int, value: float) -> bool:
        """Tells a value on the way; True if the point looks too poor to go on with."""
        trial = self._open[number]
        if math.isfinite(value):
            trial.report(value, step)
        return bool(trial.should_prune())

    def tell(self, number: int, values: Sequence[float] | None, *, pruned: bool = False) -> None:
        """Ends a question. No values, or one that is not finite: the point failed."""
        trial = self._open.pop(number)
        if pruned:
            self.study.tell(trial, state=TrialState.PRUNED)
        elif values is None or not all(math.isfinite(value) for value in values):
            self.study.tell(trial, state=TrialState.FAIL)
        else:
            self.study.tell(trial, list(values))

    def replay(self, point: Point, values: Sequence[float] | None) -> None:
        """Takes the result of a point of an earlier search of the same space, in its order."""
        failed = values is None or not all(math.isfinite(value) for value in values)
        given = dict(_keyed(self.space, point))
        self.study.add_trial(
            create_trial(
                params=given,
                distributions=distributions(self.space, point),
                values=None if failed else list(values or ()),
                state=TrialState.FAIL if failed else TrialState.COMPLETE,
            )
        )

    def best(self) -> list[int]:
        """Numbers of the best points: one, or the Pareto front; none if nothing has succeeded."""
        done = self.study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])
        return [trial.number for trial in self.study.best_trials] if done else []


def suggest(trial: Any, space: Space) -> Point:
    """A point of the space, drawn by an Optuna trial. Axes of one value are not asked for."""
    point: Point = {}
    switch = space.switch_axis()
    if switch is not None:
        point[switch.name] = _suggest(trial, switch.name, switch)
    for key, axis in space.axes(point.get(space.switch)):
        point[axis.name] = _suggest(trial, key, axis)
    return point


def distributions(space: Space, point: Point) -> dict[str, BaseDistribution]:
    """What Optuna drew a point from."""
    return {key: _distribution(axis) for key, axis in _asked(space, point)}


def _suggest(trial: Any, key: str, axis: Axis) -> Any:
    if isinstance(axis, Choice):
        if len(axis.values) == 1:
            return axis.values[0]
        return trial.suggest_categorical(key, list(axis.values))
    if axis.integer:
        step = int(axis.step or 1)
        return trial.suggest_int(key, int(axis.low), int(axis.high), step=step, log=axis.log)
    return trial.suggest_float(key, axis.low, axis.high, step=axis.step, log=axis.log)


def _distribution(axis: Axis) -> BaseDistribution:
    if isinstance(axis, Choice):
        return CategoricalDistribution(list(axis.values))
    if axis.integer:
        step = int(axis.step or 1)
        return IntDistribution(int(axis.low), int(axis.high), log=axis.log, step=step)
    return FloatDistribution(axis.low, axis.high, log=axis.log, step=axis.step)


def _asked(space: Space, point: Point) -> list[tuple[str, Axis]]:
    """The axes of a point that have more than one value, with their keys."""
    switch = space.switch_axis()
    every: list[tuple[str, Axis]] = [] if switch is None else [(switch.name, switch)]
    every += space.axes(point.get(space.switch))
    return [pair for pair in every if not (isinstance(pair[1], Choice) and len(pair[1].values) < 2)]


def _keyed(space: Space, point: Point) -> Mapping[str, Any]:
    return {key: point[axis.name] for key, axis in _asked(space, point)}


def _sampler(name: str, seed: int) -> optuna.samplers.BaseSampler:
    match name:
        case "tpe":
            return optuna.samplers.TPESampler(seed=seed)
        case "random":
            return optuna.samplers.RandomSampler(seed=seed)
        case "nsga2":
            return optuna.samplers.NSGAIISampler(seed=seed)
    raise ValueError(f"the sampler {name!r} is unknown; known: {', '.join(SAMPLERS)}")


def _pruner(name: str) -> optuna.pruners.BasePruner:
    match name:
        case "none":
            return optuna.pruners.NopPruner()
        case "median":
            return optuna.pruners.MedianPruner()
        case "halving":
            return optuna.pruners.SuccessiveHalvingPruner()
    raise ValueError(f"the pruner {name!r} is unknown; known: {', '.join(PRUNERS)}")
