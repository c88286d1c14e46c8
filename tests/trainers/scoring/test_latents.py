"""Scores of latents: names with revisions, streams that depend on the measure alone."""

import numpy as np

from trainers.config import Evaluation
from trainers.scoring.latents import active_latents, measure_scores


def test_a_latent_is_active_above_a_variance_of_0_01():
    """Population variances 0, 0.0064, 0.01 + rounding, 1: a shift of all points does not count."""
    signs_N = np.tile([-1.0, 1.0], 50)
    mu_NL = np.stack([0 * signs_N, 0.08 * signs_N, 0.1001 * signs_N, signs_N], axis=1)
    assert active_latents(mu_NL.astype(np.float32)) == 2
    assert active_latents((mu_NL + 100.0).astype(np.float32)) == 2
    assert active_latents(mu_NL[:, :1].astype(np.float32)) == 0


def test_names_carry_the_revision_and_the_prefix():
    random = np.random.default_rng(0)
    factors_NK = random.integers(0, 3, (50, 2))
    latents_NL = factors_NK + 0.1 * random.standard_normal((50, 2))
    names = ["cbd", "sap", "factor_vae"]
    got = measure_scores(
        latents_NL, factors_NK, names, Evaluation(), seed=1, iteration=10, prefix="test/measure"
    )
    assert list(got) == ["test/measure/cbd", "test/measure/sap.r1", "test/measure/factor_vae"]
    alone = measure_scores(
        latents_NL, factors_NK, ["factor_vae"], Evaluation(), seed=1, iteration=10
    )
    assert set(alone) == {"measure/factor_vae"}


def test_a_score_that_is_undefined_for_the_latents_is_left_out_and_the_others_are_kept():
    """Copied latents have an infinite total correlation, which must not fail the milestone."""
    rng = np.random.default_rng(0)
    factors_NK = rng.integers(0, 3, (90, 2))
    one_N = factors_NK[:, :1] + 0.1 * rng.standard_normal((90, 1))
    mu_NL = np.hstack([one_N, one_N])
    names = ["mig", "gaussian_total_correlation"]
    scores = measure_scores(mu_NL, factors_NK, names, Evaluation(), seed=0, iteration=1)
    assert list(scores) == ["measure/mig"]
    alone = measure_scores(mu_NL, factors_NK, names[:1], Evaluation(), seed=0, iteration=1)
    assert scores == alone
    assert measure_scores(mu_NL, factors_NK, names[1:], Evaluation(), seed=0, iteration=1) == {}
