"""A measure of a user's own: a function of latents and factors.

Shapes: N points, L latents, K factors."""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from trainers.specs.measures import MeasureSpec

if TYPE_CHECKING:
    from trainers.measures.shared.statistics import Statistics

Function = TypeVar("Function", bound=Callable[..., float])


def measure(
    *,
    title: str = "",
    definition: str = "",
    range: str = "0 to 1",
    needs: Literal["latents", "factors", "factor grid"] = "factors",
    source: str = "",
    lower_is_better: bool = False,
) -> Callable[[Function], Function]:
    """Makes a function (latents_NL, factors_NK) -> float, or (latents_NL, factors_NK, seed), a
    measure of the function's name.

    range: of its values, 'A to B' where they are bounded.  needs: what
    it is computed from.  seed: an integer, for a measure that draws samples."""

    def mark(function: Function) -> Function:
        name = function.__name__
        text = definition or (inspect.getdoc(function) or name).splitlines()[0]
        function.spec = MeasureSpec(  # type: ignore[attr-defined]
            name, title or name, text, range, needs, source, lower_is_better=lower_is_better
        )
        return function

    return mark


def from_statistics(function: Callable[..., Any]) -> "Callable[[Statistics], float]":
    """The function as the table of measures holds it."""
    takes_seed = "seed" in inspect.signature(function).parameters

    def score(stats: "Statistics") -> float:
        latents_NL = np.ldexp(stats.unit_NL, stats.exponents_L)
        factors_NK = stats.factors_NK[:, stats.given_order_K]
        seed = {"seed": stats.seed} if takes_seed else {}
        return float(function(latents_NL, factors_NK, **seed))

    return score
