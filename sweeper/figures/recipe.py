"""What a figure is: numbers computed from a study, then drawn. Drawing does no arithmetic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sweeper.analysis.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class FigureData(Protocol):
    """A figure's numbers: frozen, and able to tell themselves as rows of a CSV."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figure should know: which runs, what is missing."""
        ...

    def rows(self) -> tuple[Sequence[str], list[Sequence[object]]]:
        """Header and rows."""
        ...


@dataclass(frozen=True)
class FigureSpec:
    """A figure of the thesis. compute raises ResultsError where the store lacks its runs.

    needs_runs: False for a figure of mathematics alone, which is drawn without a store."""

    title: str
    compute: Callable[[Study], Any]
    draw: Callable[[Any], "Figure"]
    needs_runs: bool = True
