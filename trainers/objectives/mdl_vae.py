"""mdL-VAE: a learned weight for the reconstruction and for the KL of each latent.

Shapes: L latent; vectors of 1 + L hold the reconstruction first, then the latents."""

from collections.abc import Mapping

import torch
from torch import Tensor

from trainers.objectives.base import Objective, Terms
from trainers.objectives.learned_variance import LearnedVariance


class MdlVAE(Objective):
    """The general form; f and r are chosen by the variants below.

        loss = f(sr) R + sum_i f(s_i) KL_i + r(sr) + sum_i r(s_i)

    Thesis eq. 7.1. The sums printed from i = 0 to N have N terms, one for each latent. All sigmas
    start at 1 and are moved by the network's Adam."""

    def __init__(self, params: Mapping[str, object], latent_dim: int, num_pixels: int) -> None:
        super().__init__(params, latent_dim, num_pixels)
        self.latent_dim = latent_dim
        self.variance = LearnedVariance(1 + latent_dim, str(params["parametrisation"]))
        self._variance = torch.ones(1 + latent_dim)

    def weight(self, variance: Tensor) -> Tensor:
        """(1 + L,): f of each sigma^2. Bounded by 1, so a dead latent cannot make it diverge."""
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
