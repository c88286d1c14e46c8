"""The values to which learned weights converge for a fixed R and KL, solved on paper.

Each expected value is the zero of the loss's derivative by s = sigma^2, found by bisection in
plain Python or in closed form; the objective gets there with Adam."""

from collections.abc import Callable
from math import log1p, sqrt

import pytest

from trainers.objectives import build_objective

RECON = 12.3
KL_L = [3.34, 2.13, 0.4]
PIXELS = 16


def zero_of(increasing: Callable[[float], float]) -> float:
    """The s >= 0 where `increasing` vanishes, or 0 where it is positive at once."""
    low, high = 0.0, 1e4
    if increasing(low) >= 0:
        return 0.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if increasing(middle) > 0 else (middle, high)
    return low


def strong(term: float) -> float:
    # d/ds [ term/(1+ln(1+s)) + s ] = 1 - term / ((1+s)(1+ln(1+s))^2)
    return zero_of(lambda s: (1 + s) * (1 + log1p(s)) ** 2 - term)


def logarithmic(term: float) -> float:
    # d/ds [ term/(1+ln(1+s)) + ln(1+s) ] = 1/(1+s) - term / ((1+s)(1+ln(1+s))^2)
    return zero_of(lambda s: (1 + log1p(s)) ** 2 - term)


def weak(term: float) -> float:
    return logarithmic(len(KL_L) * term)


def inverse_logarithmic(term: float) -> float:
    # d/ds [ term/s + ln(1+s) ] = 1/(1+s) - term/s^2
    return zero_of(lambda s: s * s - term * (1 + s))


MDL = {
    "mdl_vae_strong": (strong, strong),
    "mdl_vae_weak": (strong, weak),
    "mdl_vae_v1": (logarithmic, logarithmic),
    "mdl_vae_v2": (sqrt, sqrt),
    "mdl_vae_v3": (inverse_logarithmic, inverse_logarithmic),
}


@pytest.mark.parametrize("name", MDL)
def test_mdl(toys, name: str) -> None:
    of_recon, of_latent = MDL[name]
    at_rest = toys.settle(build_objective(name, {}, 3, PIXELS), toys.fixed_terms(RECON, KL_L))
    variances = [sigma**2 for sigma in at_rest.values()]
    assert list(at_rest) == ["sigma/recon", "sigma/z0", "sigma/z1", "sigma/z2"]
    assert variances == pytest.approx([of_recon(RECON), *map(of_latent, KL_L)], abs=1e-3)


def test_mdl_strong_at_the_sigmas_of_the_thesis() -> None:
    # Figure 7.2 shows sigmas of 0.76 (positions) and 0 (dead latents) on dSprites: KLs of 3.34 nats
    # and of at most 1 nat.
    assert [sqrt(strong(kl)) for kl in KL_L] == pytest.approx([0.76, 0.56, 0.0], abs=5e-3)


@pytest.mark.parametrize("parametrisation", ["sigma", "log_variance"])
def test_l_vae(toys, parametrisation: str) -> None:
    objective = build_objective("l_vae", {"parametrisation": parametrisation}, 3, PIXELS)
    at_rest = toys.settle(objective, toys.fixed_terms(RECON, KL_L))
    kl = sum(KL_L)
    assert at_rest["sigma/recon"] ** 2 == pytest.approx(sqrt(RECON), abs=1e-3)
    assert at_rest["sigma/kl"] ** 2 == pytest.approx(sqrt(kl), abs=1e-3)
    assert at_rest["beta"] == pytest.approx(sqrt(RECON / kl), abs=1e-3)


def test_mdl_strong_in_log_variance(toys) -> None:
    objective = build_objective("mdl_vae_strong", {"parametrisation": "log_variance"}, 2, PIXELS)
    at_rest = toys.settle(objective, toys.fixed_terms(RECON, KL_L[:2]))
    variances = [sigma**2 for sigma in at_rest.values()]
    assert variances == pytest.approx([strong(RECON), strong(3.34), strong(2.13)], abs=1e-3)


@pytest.mark.parametrize("literal", [False, True])
def test_sigma_vae(toys, literal: bool) -> None:
    # d/d ln sigma [ n ln sigma + R/(2 sigma^2) ] = n - R/sigma^2, n = D or, as printed, 1.
    objective = build_objective("sigma_vae", {"literal": literal}, 3, PIXELS)
    at_rest = toys.settle(objective, toys.fixed_terms(RECON, KL_L))
    variance = RECON if literal else RECON / PIXELS
    assert at_rest["sigma/recon"] ** 2 == pytest.approx(variance, rel=1e-3)
    assert at_rest["beta"] == pytest.approx(2 * variance, rel=1e-3)
