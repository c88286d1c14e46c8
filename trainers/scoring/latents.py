"""Scores of latents, with the random streams that belong to their training. No torch.

Shapes: N points, L latent, K factors."""

from collections.abc import Sequence

import numpy as np

from trainers.config import Evaluation
from trainers.errors import MeasureError, UndefinedScoreError
from trainers.measures import score
from trainers.seeds import seed_for
from trainers.specs.measures import MEASURES

ACTIVE = "latent/active"  # the metric that `active_latents` gives
_ACTIVE_VARIANCE = 0.01


def active_latents(mu_NL: np.ndarray) -> int:
    """How many latents carry information: those whose posterior mean has a variance over the
    data above 0.01 (Burda et al. 2016)."""
    return int((mu_NL.astype(np.float64).var(axis=0) > _ACTIVE_VARIANCE).sum())


def measure_scores(
    mu_NL: np.ndarray,
    factors_NK: np.ndarray,
    measures: Sequence[str] | None,
    evaluation: Evaluation,
    *,
    seed: int,
    iteration: int,
    prefix: str = "measure",
) -> dict[str, float]:
    """{'measure/cbd': .., 'measure/sap.r1': .., ...}: names carry the measure's revision.

    The random streams depend on (seed, iteration, measure) only. A score that is undefined for
    these latents is left out. Raises MeasureError when the latents cannot be scored or a score is
    not finite."""

    def scores_of(names: Sequence[str] | None) -> dict[str, float]:
        return score(
            mu_NL,
            factors_NK,
            measures=names,
            protocol=evaluation.protocol,
            seed=seed_for(seed, prefix, iteration),
            alpha=evaluation.alpha,
        )

    try:
        scores = scores_of(measures)
    except UndefinedScoreError as error:
        asked = tuple(MEASURES) if measures is None else measures
        defined = [name for name in asked if name not in error.measures]
        scores = scores_of(defined) if defined else {}
    bad = sorted(name for name, value in scores.items() if not np.isfinite(value))
    if bad:
        raise MeasureError(f"not finite: {', '.join(bad)}")
    return {f"{prefix}/{MEASURES[name].stored_name}": value for name, value in scores.items()}
