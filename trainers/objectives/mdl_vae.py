"""mdL-VAE: a learned weight for the reconstruction and for the KL of each latent.

Shapes: L latent; vectors of 1 + L hold the reconstruction first, then the latents."""

from collections.abc import Mapping

import torch
from torch import Tensor

from trainers.objectives.base import Objective, Terms
from trainers.objectives.parts.learned_variance import LearnedVariance, inverse_variance
from trainers.specs.parameters import Value


class MdlVAE(Objective):
    """The general form. The variants below define f and r.

        loss = f(sr) R + sum_i f(s_i) KL_i + r(sr) + sum_i r(s_i)

    Thesis eq. 7.1. The sums are printed from i = 0 to N and have N terms, one for each latent. All
    sigmas start at 1 and are optimised by the network's Adam. No epsilon, except in v2 and v3."""

    def __init__(self, params: Mapping[str, Value], latent_dim: int, num_pixels: int) -> None:
        super().__init__(params, latent_dim, num_pixels)
        self.latent_dim = latent_dim
        self.variance = LearnedVariance(1 + latent_dim, str(params["parametrisation"]))
        self._variance = torch.ones(1 + latent_dim)

    def weight(self, variance: Tensor) -> Tensor:
        """(1 + L,): f of each sigma^2. At most 1, so an inactive latent cannot make it diverge."""
        return (1 + variance.log1p()).reciprocal()

    def regulariser(self, variance: Tensor) -> Tensor:
        """(1 + L,): r of each sigma^2."""
        return variance

    def loss(self, terms: Terms) -> Tensor:
        variance = self.variance()
        self._variance = variance.detach()
        parts = torch.cat((terms.recon[None], terms.kl_L))
        return (parts * self.weight(variance) + self.regulariser(variance)).sum()

    def logged_names(self) -> tuple[str, ...]:
        return ("sigma/recon", *(f"sigma/z{i}" for i in range(self.latent_dim)))

    def logged_values(self) -> tuple[Tensor, ...]:
        return self._variance.sqrt().unbind()


class MdlVAEStrong(MdlVAE):
    """f = 1 / (1 + ln(1 + s^2)), r = s^2.

    Thesis eq. 7.2. For fixed KL_i the minimum solves (1+s)(1+ln(1+s))^2 = KL_i with s = s_i^2,
    or is sigma_i = 0 where KL_i <= 1."""


class MdlVAEWeak(MdlVAE):
    """f = 1 / (1 + ln(1 + s^2)), r(sr) = sr^2, r(s_i) = ln(1 + s_i^2) / N with N latents.

    Thesis eq. 7.3, recommended if eq. 7.2 leaves every sigma_i below 0.5. For fixed KL_i the
    minimum solves (1+ln(1+s))^2 = N KL_i, or is 0 where N KL_i <= 1."""

    def regulariser(self, variance: Tensor) -> Tensor:
        recon, latents_L = variance[:1], variance[1:]
        return torch.cat((recon, latents_L.log1p() / self.latent_dim))


class MdlVAEv1(MdlVAE):
    """f = 1 / (1 + ln(1 + s^2)), r = ln(1 + s^2).

    Thesis, Table 7.4. For fixed KL_i the minimum solves (1+ln(1+s))^2 = KL_i, or is 0."""

    def regulariser(self, variance: Tensor) -> Tensor:
        return variance.log1p()


class MdlVAEv2(MdlVAE):
    """f = 1 / (s^2 + e), r = s^2,   e = `epsilon`, 1e-6 by default.

    Thesis, Table 7.4, which has no e. For fixed KL_i the minimum is at s_i^2 = sqrt(KL_i) - e.
    Departure: e bounds the weight at 1 / e. Without it an inactive latent drives its sigma to 0
    and its weight to infinity."""

    def __init__(self, params: Mapping[str, Value], latent_dim: int, num_pixels: int) -> None:
        super().__init__(params, latent_dim, num_pixels)
        self.epsilon = float(params["epsilon"])

    def weight(self, variance: Tensor) -> Tensor:
        return inverse_variance(variance, self.epsilon)


class MdlVAEv3(MdlVAEv2):
    """f = 1 / (s^2 + e), r = ln(1 + s^2),   e = `epsilon`, 1e-6 by default.

    Thesis, Table 7.4, which has no e. For fixed KL_i the minimum solves (s + e)^2 = KL_i (1 + s)
    with s = s_i^2. Departure: e bounds the weight at 1 / e, as in v2."""

    def regulariser(self, variance: Tensor) -> Tensor:
        return variance.log1p()
