"""Checks of a representation before it is scored. All mistakes are reported at once.

Shapes: N points, L latents, K factors. Points come first."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from trainers.errors import MeasureError
from trainers.specs.measures import MEASURES, PROTOCOLS
from trainers.words import unknown

_LARGEST_EXACT = 1 << 53  # beyond it, double precision skips integers
_NUMERIC = "biuf"  # numpy kinds: bool, signed, unsigned, float


def checked_points(latents_NL: Any, factors_NK: Any) -> tuple[np.ndarray, np.ndarray]:
    """Both arrays as float64, or a MeasureError with one line for each mistake.

    Factors are classes: integers, or numbers of which each value is shared by two points on
    average (0, 0.2, .. 1 will do). Integers beyond 2^53 are counted from their minimum, or numbered
    in their order where they lie further apart, so that no two become one class. A factor of real
    numbers that hardly repeat is refused, because it has no classes; bin it first."""
    latents, factors = _array(latents_NL), _array(factors_NK)
    mistakes = _shape_mistakes("latents", latents, "(N, L): points, latents")
    mistakes += _shape_mistakes("factors", factors, "(N, K): points, factors")
    if not mistakes and len(latents) != len(factors):
        mistakes.append(
            f"latents have {len(latents)} points, factors have {len(factors)}: "
            "row n of both must be the same point"
        )
    if not mistakes and len(latents) < 2:
        mistakes.append("only one point given: at least 2 are needed")
    if not mistakes:
        latents, factors = latents.astype(np.float64), _exact_factors(factors)
        mistakes += _finite_mistakes("latents", latents) + _finite_mistakes("factors", factors)
        if not mistakes:
            mistakes += _class_mistakes(factors)
    if mistakes:
        raise MeasureError("\n".join(mistakes))
    return latents, factors


def checked_names(measures: Sequence[str] | None) -> tuple[str, ...]:
    """The measures asked for, in the order asked; all of them for None."""
    if measures is None:
        return tuple(MEASURES)
    names = (measures,) if isinstance(measures, str) else tuple(measures)
    mistakes = [
        unknown("measure", str(name), tuple(MEASURES)) for name in names if name not in MEASURES
    ]
    mistakes += [
        f'measure "{n}" is asked for twice' for n in dict.fromkeys(names) if names.count(n) > 1
    ]
    if not names:
        mistakes.append(f"no measure asked for. Known: {', '.join(MEASURES)}")
    if mistakes:
        raise MeasureError("\n".join(mistakes))
    return names


def checked_settings(protocol: str, seed: int, alpha: float) -> None:
    mistakes = []
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        mistakes.append(f"seed = {seed!r} must be an integer")
    if protocol not in PROTOCOLS:
        mistakes.append(unknown("protocol", str(protocol), PROTOCOLS))
    if not isinstance(alpha, (int, float, np.number)) or not 0.0 <= alpha <= 1.0:
        mistakes.append(f"alpha = {alpha!r} weights the two halves of cbd: it must lie in 0 to 1")
    if mistakes:
        raise MeasureError("\n".join(mistakes))


def constant_factors(factors_NK: np.ndarray) -> list[int]:
    """The columns of factors that have one value for all points."""
    return np.flatnonzero((factors_NK == factors_NK[:1]).all(axis=0)).tolist()


def _exact_factors(factors_NK: np.ndarray) -> np.ndarray:
    """As float64, with integers beyond 2^53 replaced by smaller ones in the same order."""
    exact_NK = factors_NK.astype(np.float64)
    if factors_NK.dtype.kind in "iu":
        for k in np.flatnonzero(np.abs(exact_NK).max(axis=0) >= _LARGEST_EXACT):
            column_N = factors_NK[:, k]
            # Modulo 2^64, so exact for signed integers too.
            above_N = column_N.astype(np.uint64) - column_N.min().astype(np.uint64)
            if above_N.max() >= _LARGEST_EXACT:
                above_N = np.unique(column_N, return_inverse=True)[1]
            exact_NK[:, k] = above_N
    return exact_NK


def _array(points: Any) -> np.ndarray:
    try:
        return np.asarray(points)
    except ValueError:  # rows that differ in length
        return np.asarray(points, dtype=object)


def _shape_mistakes(what: str, array: np.ndarray, wanted: str) -> list[str]:
    mistakes = []
    if array.dtype.kind not in _NUMERIC:
        mistakes.append(f"{what} are of type {array.dtype}: numbers are needed")
    if array.ndim != 2:
        mistakes.append(f"{what} have shape {array.shape}: expected {wanted}")
    elif 0 in array.shape:
        mistakes.append(f"{what} are empty, shape {array.shape}: expected {wanted}, none of them 0")
    return mistakes


def _finite_mistakes(what: str, array: np.ndarray) -> list[str]:
    if np.isfinite(array).all():
        return []
    wrong = ~np.isfinite(array)
    columns = ", ".join(map(str, np.flatnonzero(wrong.any(axis=0))))
    return [
        f"{what} hold NaN or infinity in {int(wrong.any(axis=1).sum())} of {len(array)} points "
        f"(columns {columns}): the training that made them has diverged, or the file is damaged"
    ]


def _class_mistakes(factors_NK: np.ndarray) -> list[str]:
    mistakes = []
    for k in np.flatnonzero((factors_NK != np.rint(factors_NK)).any(axis=0)):
        distinct = len(np.unique(factors_NK[:, k]))
        if 2 * distinct > len(factors_NK):
            mistakes.append(
                f"factors[:, {k}] has {distinct} different values in {len(factors_NK)} points and "
                "is not integer: classes are needed, so bin it first"
            )
    return mistakes
