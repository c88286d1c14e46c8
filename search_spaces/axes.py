"""Axes of a search: a choice among values, or a range between two ends."""

from dataclasses import dataclass

Value = bool | int | float | str


@dataclass(frozen=True)
class Choice:
    """One of `values`, which have no order. Raises ValueError for an empty or doubled list."""

    name: str
    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError(f"{self.name}: a choice needs at least one value")
        if len(set(map(repr, self.values))) != len(self.values):
            raise ValueError(f"{self.name}: {self.values} holds a value twice")


@dataclass(frozen=True)
class Interval:
    """A number from `low` to `high`, both included. log: even on a logarithmic scale.
    step: only low, low + step, ...  integer: whole numbers only."""

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
            raise ValueError(f"{self.name}: a logarithmic range begins above 0")
        if self.step is not None and (self.log or self.step <= 0):
            raise ValueError(f"{self.name}: a step is above 0 and on a linear range")
        ends = (self.low, self.high, self.step or 1)
        if self.integer and any(end != int(end) for end in ends):
            raise ValueError(f"{self.name}: the ends and step of whole numbers are whole")


Axis = Choice | Interval
