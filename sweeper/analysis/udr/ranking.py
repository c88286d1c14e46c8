"""Unsupervised disentanglement ranking (UDR): how alike the latents of models are that differ in
their seed only, up to the order and the sign of latents.

The score of model i is the median of U_ji over the other models j. R_ab is how strongly latent a
of model j is related to latent b of model i: `udr` takes the absolute weights of Lasso regressions
that predict each latent of i from all latents of j, `udr_spearman` absolute rank correlations.

Source: Duan et al. 2020, sections 4 and 5. Range: 0 to 1; with `udr`, whose regressions shrink the
weights by 0.1, two identical models of uncorrelated latents give 0.9.
Needs: the means and log variances of the same images, of two or more seeds; no factors.
Estimator: latents with a mean KL of 0.01 nats or less are left out; the others are standardised.
A share 0 / 0 is 0, and so is the score of a model without an informative latent.
Failure cases: models that are alike need not be disentangled: one that a principal component
analysis would find also repeats. Two seeds give both models the same `udr_spearman`.
Departure: the paper divides the sum of all shares by their number; as in the code published with
Locatello et al. 2019, the means over a and over b have equal weight here.

Shapes: M models, N points, L latents; A, B latents of the two models of a pair."""

from collections.abc import Callable
from itertools import permutations

import numpy as np

MIN_KL_NATS = 0.01
ALPHA = 0.1  # of the Lasso, for latents with standard deviation 1
_MAX_SWEEPS = 1_000
_PRECISION = 1e-8


def udr(mu_MNL: np.ndarray, kl_ML: np.ndarray) -> np.ndarray:
    """(M,) scores, by the weights of Lasso regressions. kl_ML: nats, mean over points."""

    def weights_AB(j: int, i: int) -> np.ndarray:
        return lasso_weights(found[j][j], found[j][i])

    found = _correlations(mu_MNL, kl_ML)
    return _scores(len(mu_MNL), weights_AB)


def udr_spearman(mu_MNL: np.ndarray, kl_ML: np.ndarray) -> np.ndarray:
    """(M,) scores, by rank correlations. kl_ML: nats, mean over points."""
    from scipy.stats import rankdata

    found = _correlations(rankdata(mu_MNL, axis=1), kl_ML)
    return _scores(len(mu_MNL), lambda j, i: np.abs(found[j][i]))


SIMILARITIES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "udr": udr,
    "udr_spearman": udr_spearman,
}


def mean_kl(mu_NL: np.ndarray, logvar_NL: np.ndarray) -> np.ndarray:
    """(L,) KL of each latent's posterior from the standard normal, nats, mean over points."""
    mu, logvar = mu_NL.astype(np.float64), logvar_NL.astype(np.float64)
    kl_L: np.ndarray = (-0.5 * (1 + logvar - mu**2 - np.exp(logvar))).mean(axis=0)
    return kl_L


def agreement(R_AB: np.ndarray) -> float:
    """U of a pair: (mean_b max_a R^2 / sum_a R + mean_a max_b R^2 / sum_b R) / 2."""
    if R_AB.size == 0:
        return 0.0
    shares = []
    for axis in (0, 1):
        total, top = R_AB.sum(axis=axis), R_AB.max(axis=axis) ** 2
        share = np.divide(top, total, out=np.zeros_like(top), where=total > 0)
        shares.append(float(share.mean()))
    return sum(shares) / 2


def lasso_weights(gram_AA: np.ndarray, cross_AB: np.ndarray) -> np.ndarray:
    """(A, B) absolute weights of the regressions of B targets on A predictors, by coordinate
    descent: for each target y the minimum of |y - x w|^2 / 2N + ALPHA |w|_1.

    gram_AA: correlations of predictors.  cross_AB: of predictors with targets."""
    weights_AB = np.zeros_like(cross_AB)
    predictors = np.flatnonzero(np.diag(gram_AA) > 0)
    for _ in range(_MAX_SWEEPS):
        before_AB = weights_AB.copy()
        for a in predictors:
            rest_B = cross_AB[a] - gram_AA[a] @ weights_AB + gram_AA[a, a] * weights_AB[a]
            shrunk_B = np.maximum(np.abs(rest_B) - ALPHA, 0) / gram_AA[a, a]
            weights_AB[a] = np.sign(rest_B) * shrunk_B
        if np.abs(weights_AB - before_AB).max(initial=0.0) < _PRECISION:
            break
    return np.abs(weights_AB)


def _correlations(values_MNL: np.ndarray, kl_ML: np.ndarray) -> list[list[np.ndarray]]:
    """[j][i]: correlations (A, B) of the informative latents of models j and i; 0 for constants."""
    standardised = []
    for values_NL, kl_L in zip(values_MNL, kl_ML, strict=True):
        z_NA = values_NL[:, kl_L > MIN_KL_NATS].astype(np.float64)
        varies_A = np.ptp(z_NA, axis=0) > 0
        z_NA -= z_NA.mean(axis=0)
        sd_A = z_NA.std(axis=0)
        standardised.append(np.divide(z_NA, sd_A, out=np.zeros_like(z_NA), where=varies_A))
    return [[one.T @ two / len(one) for two in standardised] for one in standardised]


def _scores(num_models: int, relation: Callable[[int, int], np.ndarray]) -> np.ndarray:
    """relation(j, i): R_AB of latents a of model j and b of model i."""
    U_MM = np.full((num_models, num_models), np.nan)
    for j, i in permutations(range(num_models), 2):
        U_MM[j, i] = agreement(relation(j, i))
    scores_M: np.ndarray = np.nanmedian(U_MM, axis=0)
    return scores_M
