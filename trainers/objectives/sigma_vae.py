"""sigma-VAE: a Gaussian decoder with one learned variance."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainers.objectives.base import Objective, Terms
from trainers.specs.parameters import Value

LOG_SIGMA_MIN = -6.0


class SigmaVAE(Objective):
    """The negative log likelihood of a Gaussian decoder with one learned sigma, plus KL.

        loss = D ln sigma + R / (2 sigma^2) + KL          D = C * H * W
        ln sigma = m + softplus(w - m),   m = -6, w learned

    Rybkin et al. 2021, without the constant (D/2) ln 2 pi. w starts at 0, so ln sigma at 0.0025.
    The soft lower bound m is that of the authors' code and stands in place of an epsilon: sigma
    stays above 0.0025. For a fixed R the minimum is at sigma^2 = R / D. Compared with R + beta KL,
    beta = 2 sigma^2. R must be the squared error, since the loss is a Gaussian likelihood; a
    Bernoulli reconstruction is refused.

    `literal` gives thesis eq. 2.9 as printed, ln sigma without D. Its minimum, sigma^2 = R, does
    not agree with the thesis's own table, so it is not the default."""

    def __init__(self, params: Mapping[str, Value], latent_dim: int, num_pixels: int) -> None:
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
