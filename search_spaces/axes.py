"""Axes of a search space: a choice of values, or an interval."""

from dataclasses import dataclass

Value = bool | int | float | str


@dataclass(frozen=True)
class Choice:
    """One of `values`, unordered. Raises ValueError if there is none or one occurs twice."""

    name: str
    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError(f"{self.name}: a choice needs at least one value")
        if len(set(map(repr, self.values))) != len(self.values):
            raise ValueError(f"{self.name}: {self.values} contains a value twice")


@dataclass(frozen=True)
class Interval:
    """A number from `low` to `high`, both included.

    log: uniform on a logarithmic scale.  step: only low, low + step, ...  integer: whole numbers
    only.  Raises ValueError for settings that contradict one another."""

    name: str
    low: float
    high: float
    log: bool = False
    step: float | None = None
    integer: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"{self.name}: low {self.low} is not below high {self.high}")
        if self.log and self.low <= 0:
            raise ValueError(f"{self.name}: the low end of a logarithmic range must be above 0")
        if self.step is not None and (self.log or self.step <= 0):
            raise ValueError(f"{self.name}: a step must be above 0 and needs a linear range")
        ends = (self.low, self.high, self.step or 1)
        if self.integer and any(end != int(end) for end in ends):
            raise ValueError(f"{self.name}: a range of whole numbers needs whole ends and step")


Axis = Choice | Interval
