"""Products and chains of grids.

A point is a dict of names to values. The order of axes and values is kept; the last axis varies
fastest."""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Point = dict[str, Any]


def product(axes: Mapping[str, Sequence[Any]]) -> Iterator[Point]:
    """Every combination of one value of each axis; one empty point if there are no axes."""
    for values in itertools.product(*axes.values()):
        yield dict(zip(axes, values, strict=True))


def size(axes: Mapping[str, Sequence[Any]]) -> int:
    """The number of points of the product."""
    return math.prod(len(values) for values in axes.values())


def chain(*grids: Iterable[Point]) -> Iterator[Point]:
    """The points of each grid in turn."""
    yield from itertools.chain(*grids)
