"""Figure 7.1: the two functions that may regularise a learned weight, x^2 and ln(1 + x^2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sweeper.analysis.population import Population
from sweeper.plotting.style import BLUE, ORANGE, panel_grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LIMIT = 3.0
POINTS = 121


@dataclass(frozen=True)
class Regularisers:
    """Both functions at x_T."""

    x_T: np.ndarray
    strong_T: np.ndarray
    weak_T: np.ndarray
    notes: tuple[str, ...] = ()
    mark: str = ""

    def rows(self) -> tuple[Sequence[str], list[Sequence[object]]]:
        columns = (self.x_T, self.strong_T, self.weak_T)
        return ("x", "x^2", "ln(1+x^2)"), [
            tuple(map(float, row)) for row in zip(*columns, strict=True)
        ]


def compute_regularisers(population: Population | None = None) -> Regularisers:
    """Needs no run; takes a population as every figure does."""
    x_T = np.linspace(-LIMIT, LIMIT, POINTS)
    return Regularisers(x_T, x_T**2, np.log1p(x_T**2))


def draw_regularisers(data: Regularisers) -> "Figure":
    figure, (axis,) = panel_grid(1, 4.6, 3.3)
    axis.plot(data.x_T, data.strong_T, color=BLUE, label="$x^2$ (mdL-VAE-strong)")
    axis.plot(data.x_T, data.weak_T, color=ORANGE, label="$\\ln(1 + x^2)$ (mdL-VAE-weak)")
    axis.set_xlabel("x")
    axis.set_ylabel("regulariser r(x)")
    axis.legend(frameon=False, loc="upper center")
    return figure
