"""A space in Optuna's terms: the parameters of a trial and their distributions."""

from collections.abc import Iterator
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from search_spaces.axes import Axis, Choice
from search_spaces.products import Point
from search_spaces.spaces import Space


def suggest(trial: Any, space: Space) -> Point:
    """A point of the space, drawn by an Optuna trial. Axes of one value are not drawn."""
    point: Point = {}
    switch = space.switch_axis()
    if switch is not None:
        point[switch.name] = _suggest(trial, switch.name, switch)
    for key, axis in space.axes(point.get(space.switch)):
        point[axis.name] = _suggest(trial, key, axis)
    return point


def distributions(space: Space, point: Point) -> dict[str, BaseDistribution]:
    """The distributions of a point's parameters."""
    return {key: _distribution(axis) for key, axis in _drawn_axes(space, point)}


def params(space: Space, point: Point) -> dict[str, Any]:
    """A point as Optuna's parameters."""
    return {key: point[axis.name] for key, axis in _drawn_axes(space, point)}


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


def _drawn_axes(space: Space, point: Point) -> Iterator[tuple[str, Axis]]:
    """The axes of a point that have more than one value, with their keys."""
    switch = space.switch_axis()
    every: list[tuple[str, Axis]] = [] if switch is None else [(switch.name, switch)]
    every += space.axes(point.get(space.switch))
    for key, axis in every:
        if not (isinstance(axis, Choice) and len(axis.values) < 2):
            yield key, axis
