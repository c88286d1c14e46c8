"""sigma-VAE: a Gaussian decoder whose one variance is learned."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainers.objectives.base import Objective, Terms

LOG_SIGMA_MIN = -6.0


class SigmaVAE(Objective):
    """The negative log likelihood of a Gaussian decoder with one learned sigma, plus KL.

        loss = D ln sigma + R / (2 sigma^2) + KL          D = C * H * W

    Rybkin et al. 2021, less the constant (D/2) ln 2 pi. log sigma starts at 0 and is
    clipped softly from below, m + softplus(log sigma - m) with m = -6, as in the authors' code.
    For a fixed R the minimum is at sigma^2 = R / D. Against R + beta KL this is beta = 2 sigma^2.

    `literal` gives thesis eq. 2.9 as printed, ln sigma without D; its minimum, sigma^2 = R, does
    not fit the thesis's own table, hence not the default."""

    def __init__(self, params: Mapping[str, object], latent_dim: int, num_pixels: int) -> None:
        super().__init__(params, latent_dim, num_pixels)
        self.log_sigma_weight = 1 if params["literal"] else num_pixels
        self.log_sigma = nn.Parameter(torch.tensor(0.0))
        self._log_sigma = torch.tensor(0.0)

    def loss(self, terms: Terms) -> Tensor:
        log_sigma = LOG_SIGMA_MIN + F.softplus(self.log_sigma - LOG_SIGMA_MIN)
        self._log_sigma = log_sigma.detach()
        half_precision = 0.5 * (-2 * log_sigma).exp()
        return self.log_sigma_weight * log_sigma + half_precision * terms.recon + terms.kl

    def logged_names(self) -> tuple[str, ...]:
        return ("sigma/recon", "beta")

    def logged_values(self) -> tuple[Tensor, ...]:
        return self._log_sigma.exp(), 2 * (2 * self._log_sigma).exp()
