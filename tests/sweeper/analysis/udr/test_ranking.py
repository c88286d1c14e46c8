"""UDR by hand: models that agree, that do not, and what may not change the score."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.analysis.udr.ranking import (
    ALPHA,
    agreement,
    lasso_weights,
    mean_kl,
    udr,
    udr_spearman,
)

INFORMATIVE = 1.0  # nats, above the threshold of 0.01


def uncorrelated(num_points=64, num_latents=3):
    """Columns of a cosine basis: mean 0, and no two of them correlate."""
    n = np.arange(num_points)[:, None] + 0.5
    return np.cos(np.pi * n * np.arange(1, num_latents + 1) / num_points)


def kl(*shape):
    return np.full(shape, INFORMATIVE)


def test_models_that_differ_in_order_sign_and_scale_of_latents_agree():
    z = uncorrelated()
    models = np.stack([z, -2 * z[:, [1, 2, 0]], z * [1, -1, 5]])
    # One weight of 1 a latent, which the Lasso shrinks by ALPHA: 0.9^2 / 0.9.
    assert udr(models, kl(3, 3)) == pytest.approx(np.full(3, 1 - ALPHA))


def test_rank_correlation_sees_no_monotonous_change():
    rng = np.random.default_rng(0)
    z = rng.permuted(np.tile(np.arange(5_000.0)[:, None] / 1_000, (1, 3)), axis=0)
    models = np.stack([z, np.exp(z)])
    # 1 but for chance correlations of 0.014 on average: 1 / (1 + 2 * 0.014)
    assert udr_spearman(models, kl(2, 3)) == pytest.approx(np.ones(2), abs=0.08)
    assert udr_spearman(models, kl(2, 3)) == pytest.approx(udr_spearman(np.stack([z, z]), kl(2, 3)))


def test_independent_noise_scores_near_nothing():
    models = np.random.default_rng(0).standard_normal((4, 5_000, 4))
    assert (udr(models, kl(4, 4)) == 0).all()  # no correlation reaches ALPHA
    assert (udr_spearman(models, kl(4, 4)) < 0.05).all()


def test_a_rotated_model_scores_less_than_one_that_repeats():
    z = uncorrelated(64, 2)
    turned = z @ np.array([[1, 1], [-1, 1]]) / np.sqrt(2)
    repeats, _, odd = udr_spearman(np.stack([z, z, turned]), kl(3, 2))
    # Of the rotated one, each latent relates to both alike: R^2 / 2R is half of R.
    assert odd < 0.6 < repeats


def test_the_score_is_the_median_over_the_other_models():
    z = uncorrelated(64, 2)
    noise = np.random.default_rng(1).standard_normal((64, 2))
    scores = udr(np.stack([z, z, z, noise]), kl(4, 2))
    assert scores[:3] == pytest.approx(np.full(3, 1 - ALPHA))
    assert scores[3] < 0.3


def test_latents_without_information_do_not_count():
    z = uncorrelated(64, 3)
    spoiled = z.copy()
    spoiled[:, 2] = np.random.default_rng(2).standard_normal(64)
    models = np.stack([z, spoiled])
    assert udr(models, kl(2, 3)).max() < 0.8
    masked = kl(2, 3)
    masked[:, 2] = 0.01  # not above the threshold
    assert udr(models, masked) == pytest.approx(np.full(2, 1 - ALPHA))


@pytest.mark.parametrize("function", [udr, udr_spearman])
def test_collapsed_and_constant_models_score_0(function):
    z = uncorrelated()
    nothing = kl(2, 3)
    nothing[1] = 0.0
    assert function(np.stack([z, z]), nothing).tolist() == [0, 0]
    assert function(np.stack([z, np.full_like(z, 0.1)]), kl(2, 3)).tolist() == [0, 0]


def test_agreement_by_hand():
    R = np.array([[0.8, 0.0], [0.2, 0.5]])
    columns = (0.64 / 1.0 + 0.25 / 0.5) / 2
    rows = (0.64 / 0.8 + 0.25 / 0.7) / 2
    assert agreement(R) == pytest.approx((columns + rows) / 2)


def test_the_weights_are_those_of_scikit_learn():
    from sklearn.linear_model import Lasso

    rng = np.random.default_rng(3)
    x = rng.standard_normal((400, 4)) @ rng.standard_normal((4, 4))
    y = x @ rng.standard_normal((4, 2)) + rng.standard_normal((400, 2))
    x, y = ((v - v.mean(axis=0)) / v.std(axis=0) for v in (x, y))
    theirs = Lasso(alpha=ALPHA, tol=1e-12, max_iter=100_000).fit(x, y).coef_
    ours = lasso_weights(x.T @ x / 400, x.T @ y / 400)
    assert ours == pytest.approx(np.abs(theirs.T), abs=1e-5)


def test_the_kl_is_that_of_a_gaussian_from_the_standard_normal():
    import torch
    from torch.distributions import Normal, kl_divergence

    mu, logvar = np.array([[0.0, 1.0], [2.0, -1.0]]), np.array([[0.0, -1.0], [0.5, 0.0]])
    posterior = Normal(torch.tensor(mu), torch.tensor(np.exp(logvar / 2)))
    expected = kl_divergence(posterior, Normal(0.0, 1.0)).mean(dim=0).numpy()
    assert mean_kl(mu, logvar) == pytest.approx(expected)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 4), st.integers(1, 4))
def test_scores_ignore_order_sign_and_scale_and_lie_between_0_and_1(seed, num_models, num_latents):
    rng = np.random.default_rng(seed)
    base = rng.standard_normal((60, num_latents))
    models = base + 0.5 * rng.standard_normal((num_models, 60, num_latents))
    changed = np.stack(
        [m[:, rng.permutation(num_latents)] * rng.choice([-3.0, 2.0], num_latents) for m in models]
    )
    for function in (udr, udr_spearman):
        scores = function(models, kl(num_models, num_latents))
        again = function(changed, kl(num_models, num_latents))
        assert again == pytest.approx(scores, abs=1e-4)
        assert ((scores >= 0) & (scores <= 1 + 1e-9)).all()
