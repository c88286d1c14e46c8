"""beta-VAE: a constant weight on the KL term."""

from collections.abc import Mapping

import torch
from torch import Tensor

from trainers.objectives.base import Objective, Terms
from trainers.specs.parameters import Value


class BetaVAE(Objective):
    """Reconstruction plus a constant weight on the KL term.

        loss = R + beta KL

    Higgins et al. 2017, eq. 4; thesis eq. 2.2. Sums over pixels and over latents, so beta is the
    paper's beta and not the one divided by pixels. With beta 1 it is bitwise `vae`. No epsilon."""

    logged_beta: Tensor

    def __init__(self, params: Mapping[str, Value], latent_dim: int, num_pixels: int) -> None:
        super().__init__(params, latent_dim, num_pixels)
        self.beta = float(params["beta"])
        self.register_buffer("logged_beta", torch.tensor(self.beta), persistent=False)

    def loss(self, terms: Terms) -> Tensor:
        return terms.recon + self.beta * terms.kl

    def logged_names(self) -> tuple[str, ...]:
        return ("beta",)

    def logged_values(self) -> tuple[Tensor, ...]:
        return (self.logged_beta,)
