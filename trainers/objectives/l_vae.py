"""L-VAE: learned weights of the reconstruction and of the KL term."""

from collections.abc import Mapping

import torch
from torch import Tensor

from trainers.objectives.base import Objective, Terms
from trainers.objectives.parts.learned_variance import LearnedVariance, inverse_variance
from trainers.specs.parameters import Value

# In float32 this changes no sum with a sigma^2 above 0.2, so there the loss is eq. 6.2 bitwise. It
# matters only if the posterior collapses and sigma_1 falls to 0.
EPSILON = 1e-8


class LVAE(Objective):
    """The weights of both terms are learned, and so is beta, their ratio.

        loss = R / (s0^2 + e) + KL / (s1^2 + e) + s0^2 + s1^2,   e = 1e-8
        beta = s0^2 / s1^2

    Thesis eq. 6.2, with the signs set so that both terms are minimised. For fixed R and KL the
    minimum is at s0^2 = sqrt(R), s1^2 = sqrt(KL). Departure: e, which the thesis does not have,
    bounds the weights at 1e8."""

    def __init__(self, params: Mapping[str, Value], latent_dim: int, num_pixels: int) -> None:
        super().__init__(params, latent_dim, num_pixels)
        self.variance = LearnedVariance(2, str(params["parametrisation"]))
        self._variance_2 = torch.ones(2)

    def loss(self, terms: Terms) -> Tensor:
        variance_2 = self.variance()
        self._variance_2 = variance_2.detach()
        terms_2 = torch.stack((terms.recon, terms.kl))
        return (terms_2 * inverse_variance(variance_2, EPSILON) + variance_2).sum()

    def logged_names(self) -> tuple[str, ...]:
        return ("sigma/recon", "sigma/kl", "beta")

    def logged_values(self) -> tuple[Tensor, ...]:
        sigma_recon, sigma_kl = self._variance_2.sqrt().unbind()
        return sigma_recon, sigma_kl, self._variance_2[0] / self._variance_2[1]
