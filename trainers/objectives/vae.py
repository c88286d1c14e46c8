"""VAE: reconstruction plus KL."""

from torch import Tensor

from trainers.objectives.base import Objective, Terms


class VAE(Objective):
    """The evidence lower bound with the squared error in place of the log likelihood.

        loss = R + KL

    Kingma & Welling 2014; thesis eq. 2.1. R is summed over pixels and KL over latents; both are
    means over the batch. No epsilon."""

    def loss(self, terms: Terms) -> Tensor:
        return terms.recon + terms.kl
