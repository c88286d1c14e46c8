"""A space to search: axes that every point has, and axes that belong to one branch of a switch.

The switch is which model to try, say; `beta` then belongs to the branch `beta_vae` alone."""

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from search_spaces.axes import Axis, Choice, Value
from search_spaces.products import Point, product


@dataclass(frozen=True)
class Space:
    """common: axes of every point.  switch: the name under which a point tells its branch.
    branches: axes by branch; empty means no switch."""

    common: tuple[Axis, ...]
    switch: str = "branch"
    branches: Mapping[str, tuple[Axis, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for branch in self.branches or {"": ()}:
            names = [axis.name for _, axis in self.axes(branch)]
            if len(set(names)) != len(names) or self.switch in names:
                raise ValueError(f"axes share a name: {', '.join(sorted(names))}")

    def switch_axis(self) -> Choice | None:
        """The choice of the branch, if there are branches."""
        return Choice(self.switch, tuple(self.branches)) if self.branches else None

    def axes(self, branch: Value | None) -> Iterator[tuple[str, Axis]]:
        """The axes of a point, each with a key that no axis of another branch has."""
        for axis in self.common:
            yield axis.name, axis
        for axis in self.branches.get(str(branch), ()):
            yield f"{branch}/{axis.name}", axis

    def size(self) -> int | None:
        """How many points there are; None where an axis is continuous."""
        counts = []
        for branch in self.branches or {"": ()}:
            sizes = [_count(axis) for _, axis in self.axes(branch)]
            if any(size is None for size in sizes):
                return None
            counts.append(math.prod(size for size in sizes if size is not None))
        return sum(counts)

    def points(self) -> Iterator[Point]:
        """Every point of a space without continuous axes."""
        for branch in self.branches or {"": ()}:
            head = {self.switch: branch} if self.branches else {}
            axes = {axis.name: _values(axis) for _, axis in self.axes(branch)}
            for point in product(axes):
                yield {**head, **point}

    def sample(self, rng: random.Random) -> Point:
        """A point at random: branches alike, then each axis evenly on its own scale."""
        branch = rng.choice(list(self.branches)) if self.branches else ""
        head = {self.switch: branch} if self.branches else {}
        return {**head, **{axis.name: _drawn(axis, rng) for _, axis in self.axes(branch)}}


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


def _drawn(axis: Axis, rng: random.Random) -> Value:
    if isinstance(axis, Choice):
        return rng.choice(axis.values)
    if axis.log:
        value = math.exp(rng.uniform(math.log(axis.low), math.log(axis.high)))
        value = min(max(value, axis.low), axis.high)
        return round(value) if axis.integer else value
    if _count(axis) is not None:
        return rng.choice(_values(axis))
    return rng.uniform(axis.low, axis.high)
