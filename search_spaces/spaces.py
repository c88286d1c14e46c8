"""A search space: axes of every point, and axes of one branch of a switch.

The switch can be the choice of a model; `beta` is then an axis of the branch `beta_vae` only."""

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from search_spaces.axes import Axis, Choice, Value
from search_spaces.products import Point, product


@dataclass(frozen=True)
class Space:
    """common: axes of every point.  switch: the name of a point's branch in the point.
    branches: axes by branch; empty means no switch.  Raises ValueError for axes of one name."""

    common: tuple[Axis, ...]
    switch: str = "branch"
    branches: Mapping[str, tuple[Axis, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for branch in self.branches or {"": ()}:
            names = [axis.name for _, axis in self.axes(branch)]
            if len(set(names)) != len(names) or self.switch in names:
                raise ValueError(f"axes share a name: {', '.join(sorted(names))}")

    def switch_axis(self) -> Choice | None:
        """The choice of a branch, or None if there are no branches."""
        return Choice(self.switch, tuple(self.branches)) if self.branches else None

    def axes(self, branch: Value | None) -> Iterator[tuple[str, Axis]]:
        """The axes of a point, each with a key that is unique among all branches."""
        for axis in self.common:
            yield axis.name, axis
        for axis in self.branches.get(str(branch), ()):
            yield f"{branch}/{axis.name}", axis

    def size(self) -> int | None:
        """The number of points; None if an axis is continuous."""
        counts = []
        for branch in self.branches or {"": ()}:
            sizes = [_count(axis) for _, axis in self.axes(branch)]
            if any(size is None for size in sizes):
                return None
            counts.append(math.prod(size for size in sizes if size is not None))
        return sum(counts)

    def points(self) -> Iterator[Point]:
        """Every point of a space that has no continuous axis."""
        for branch in self.branches or {"": ()}:
            head = {self.switch: branch} if self.branches else {}
            axes = {axis.name: _values(axis) for _, axis in self.axes(branch)}
            for point in product(axes):
                yield {**head, **point}

    def sample(self, rng: random.Random) -> Point:
        """A random point: a uniform branch, then each axis uniform on its own scale."""
        branch = rng.choice(list(self.branches)) if self.branches else ""
        head = {self.switch: branch} if self.branches else {}
        return {**head, **{axis.name: _draw(axis, rng) for _, axis in self.axes(branch)}}


def _count(axis: Axis) -> int | None:
    if isinstance(axis, Choice):
        return len(axis.values)
    if axis.step is None and not axis.integer:
        return None
    return 1 + math.floor((axis.high - axis.low) / (axis.step or 1) + 1e-9)


def _values(axis: Axis) -> tuple[Value, ...]:
    if isinstance(axis, Choice):
        return axis.values
    count = _count(axis)
    assert count is not None, "a continuous axis has no list of values"
    step = axis.step or 1
    if axis.integer:
        return tuple(int(axis.low) + int(step) * index for index in range(count))
    return tuple(axis.low + step * index for index in range(count))


def _draw(axis: Axis, rng: random.Random) -> Value:
    if isinstance(axis, Choice):
        return rng.choice(axis.values)
    if axis.log:
        value = math.exp(rng.uniform(math.log(axis.low), math.log(axis.high)))
        value = min(max(value, axis.low), axis.high)
        return round(value) if axis.integer else value
    if _count(axis) is not None:
        return rng.choice(_values(axis))
    return rng.uniform(axis.low, axis.high)
