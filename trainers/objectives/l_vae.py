"""L-VAE: learned weights of the reconstruction and of the KL term."""

from collections.abc import Mapping

import torch
from torch import Tensor

from trainers.objectives.base import Objective, Terms
from trainers.objectives.parts.learned_variance import LearnedVariance, inverse_variance

# Below the resolution of float32 beside any sigma^2 above 0.2, so eq. 6.2 holds to the bit there;
# it only matters when the posterior collapses and sigma_1 falls to 0.
EPSILON = 1e-8


class LVAE(Objective):
    """Both weights of the loss are learned, and with them beta.

        loss = R / s0^2 + KL / s1^2 + s0^2 + s1^2          beta = s0^2 / s1^2

    Thesis eq. 6.2, with the signs set so that both terms are minimised. For fixed R and KL the
    minimum is at s0^2 = sqrt(R), s1^2 = sqrt(KL). Departure: 1 / (s^2 + 1e-8) for 1 / s^2."""

    def __init__(self, params: Mapping[str, object], latent_dim: int, num_pixels: int) -> None:
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
