"""The contract of a measure: a function of latents and factors.

Shapes: N points, L latents, K factors."""

import itertools
import re
import time
from functools import lru_cache

import numpy as np

from trainers.contracts.verdict import Broken
from trainers.errors import MeasureError
from trainers.measures import MEASURES as FUNCTIONS
from trainers.measures import score
from trainers.specs.measures import MEASURES

_SLACK = 1e-9
_NUMBER = r"-?\d+(?:\.\d+)?"
_LOW = re.compile(rf"({_NUMBER})(?: to | or more|$)")
_HIGH = re.compile(rf" to ({_NUMBER})(?:$|;)")


def points(count: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Latents of mixed and noisy factors on a whole grid of 3 x 4 x 5 classes, repeated."""
    random = np.random.default_rng(7)
    grid_NK = np.array(list(itertools.product(range(3), range(4), range(5))))
    factors_NK = np.resize(grid_NK, (count, 3))
    mixing_KL = np.array([[1.0, 0.2, 0.0, 0.1], [0.3, 1.0, 0.1, 0.0], [0.0, 0.1, 1.0, 0.4]])
    latents_NL = factors_NK / 4 @ mixing_KL + 0.3 * random.standard_normal((count, 4))
    return latents_NL.astype(np.float32), factors_NK


def bounds(name: str) -> tuple[float, float]:
    """The range of its spec. A bound that it does not state as a plain number is infinite."""
    text = MEASURES[name].range
    low, high = _LOW.match(text), _HIGH.search(text)
    return float(low[1]) if low else -np.inf, float(high[1]) if high else np.inf


def scores(name: str) -> str:
    """A finite number for latents that hold all factors."""
    return f"{_first_value(name):.4f}"


def in_range(name: str) -> str:
    """Within its declared range, for latents with all, none and copies of the factors."""
    mixed_NL, factors_NK = points()
    codes = {
        "mixed latents": mixed_NL,
        "latents equal to the factors": factors_NK.astype(np.float32),
        "latents of noise": np.random.default_rng(3).standard_normal(mixed_NL.shape),
        "constant latents": np.full(mixed_NL.shape, 0.1),
        "each latent twice": np.repeat(mixed_NL, 2, axis=1),
    }
    low, high = bounds(name)
    for what, latents_NL in codes.items():
        try:
            value = (
                _first_value(name)
                if latents_NL is mixed_NL
                else _value(name, latents_NL, factors_NK)
            )
        except MeasureError:
            continue  # a measure may refuse to score
        if not low - _SLACK <= value <= high + _SLACK:
            raise Broken(
                f"it gives {value:.6g} for {what}; its range is {MEASURES[name].range}. Correct "
                "the range or the measure"
            )
    return MEASURES[name].range


def permutation(name: str) -> str:
    """The order of the latents does not matter."""
    latents_NL, factors_NK = points()
    one = _first_value(name)
    other = _value(name, latents_NL[:, [2, 0, 3, 1]], factors_NK)
    if one != other:
        raise Broken(f"it gives {one!r}, and {other!r} with the latents in another order")
    return ""


def repeatable(name: str) -> str:
    """The same bits for the same points and seed."""
    one, other = _first_value(name), _value(name, *points())
    if one != other:
        raise Broken(
            f"it gives {one!r}, then {other!r} for the same points; draw random numbers from "
            "the argument seed only"
        )
    return ""


def cost(name: str) -> str:
    """Seconds for 10,000 points."""
    some = points(10_000)
    start = time.perf_counter()
    _value(name, *some)
    return f"{time.perf_counter() - start:.2f} s"


def _first_value(name: str) -> float:
    """Of `points`, computed once for the checks of a measure."""
    return _first_value_of(name, FUNCTIONS[name])


@lru_cache(maxsize=64)
def _first_value_of(name: str, function: object) -> float:
    return _value(name, *points())


def _value(name: str, latents_NL: np.ndarray, factors_NK: np.ndarray) -> float:
    try:
        return score(latents_NL, factors_NK, measures=[name])[name]
    except AssertionError as error:
        if not (error.args and isinstance(error.args[0], dict)):
            raise
        raise Broken(f"it gives {error.args[0][name]}; it must be a finite number") from error
