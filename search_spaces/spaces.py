"""A space to search: axes that every point has, and axes that belong to one branch of a switch.

The switch is which model to try, say; `beta` then belongs to the branch `beta_vae` alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from search_spaces.axes import Axis, Choice, Value


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
