"""Grids as an algebra of points: a product multiplies lists of values, a chain puts grids in a row.

A point is a dict of names to values. Order is that of writing; the last axis varies fastest."""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Point = dict[str, Any]


def product(axes: Mapping[str, Sequence[Any]]) -> Iterator[Point]:
    """Every combination of one value of each axis. No axes give one empty point."""
    for values in itertools.product(*axes.values()):
        yield dict(zip(axes, values, strict=True))


def size(axes: Mapping[str, Sequence[Any]]) -> int:
    """How many points the product has, without making them."""
    return math.prod(len(values) for values in axes.values())


def chain(*grids: Iterable[Point]) -> Iterator[Point]:
    """The points of one grid after the other."""
    yield from itertools.chain(*grids)
