"""What a figure is: numbers computed from a population, then drawn. Drawing does no arithmetic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sweeper.analysis.population import Population

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class FigureData(Protocol):
    """A figure's numbers, frozen."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the reader: which runs are shown, what is missing."""
        ...

    @property
    def mark(self) -> str:
        """'rehearsal', 'synthetic' or both, if the runs are such; else ''."""
        ...

    def rows(self) -> tuple[Sequence[str], list[Sequence[object]]]:
        """Header and rows of the CSV file."""
        ...


@dataclass(frozen=True)
class FigureSpec:
    """A figure. grid: the shipped grid whose runs are drawn unless another grid is named; '' for a
    figure that needs no runs.

    compute: raises ResultsError where the population lacks the runs."""

    title: str
    compute: Callable[[Population], Any]
    draw: Callable[[Any], "Figure"]
    grid: str = "table7_1"

    @property
    def needs_runs(self) -> bool:
        return bool(self.grid)
