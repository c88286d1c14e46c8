"""Measures of disentanglement: one file each, all of them pure functions of a representation.

To add one: a file here, a line below, a spec in trainers/specs/measures.py, a row in README.
Needs numpy; scikit-learn is loaded by `dci` alone; PyTorch never.

Shapes: N points, L latents, K factors. Points come first."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trainers.measures.cbd import cbd, cbd_compactness, cbd_modularity
from trainers.measures.checks import checked_names, checked_points, checked_settings
from trainers.measures.correlation import absolute_pcc
from trainers.measures.statistics import Statistics

Measure = Callable[[Statistics], float]

MEASURES: dict[str, Measure] = {
    "cbd": cbd,
    "cbd_compactness": cbd_compactness,
    "cbd_modularity": cbd_modularity,
}


def score(
    latents_NL: Any,
    factors_NK: Any,
    *,
    measures: Sequence[str] | None = None,
    protocol: str = "thesis",
    seed: int = 0,
    alpha: float = 0.5,
) -> dict[str, float]:
    """Scores by name, in the order asked; every measure when `measures` is None.

    A score is a pure function of the points, the protocol and, for the sampled ones, the seed: it
    depends neither on the other measures asked for nor on the order of latents or factors.
    Raises MeasureError, one line for each mistake."""
    names = checked_names(measures)
    checked_settings(protocol, alpha)
    latents, factors = checked_points(latents_NL, factors_NK)
    stats = Statistics(latents, factors, protocol=protocol, seed=seed, alpha=alpha)
    return {name: float(MEASURES[name](stats)) for name in names}


def pcc_matrix(latents_NL: Any, factors_NK: Any) -> np.ndarray:
    """P_LK, the absolute Pearson correlations in the order given: thesis, eq. 5.5."""
    return absolute_pcc(*checked_points(latents_NL, factors_NK))
