"""beta-TCVAE: a weight on the total correlation only.

Shapes: B batch, L latent; BBL is (sample j, posterior i, latent l)."""

from collections.abc import Mapping

from torch import Tensor

from trainers.objectives.base import Objective, Terms
from trainers.specs.parameters import Value


class BetaTCVAE(Objective):
    """The VAE plus (beta - 1) times an estimate of the total correlation of q(z).

        loss = R + KL + (beta - 1) TC

    Chen et al. 2018, eq. 4 with alpha = gamma = 1, in disentanglement_lib's form:
    minibatch-weighted sampling without its constants, which do not affect gradients. With beta 1
    the term is left out, so the objective is bitwise `vae`. No epsilon."""

    compares_points = True

    def __init__(self, params: Mapping[str, Value], latent_dim: int, num_pixels: int) -> None:
        super().__init__(params, latent_dim, num_pixels)
        self.beta = float(params["beta"])
        self._is_vae = self.beta == 1.0

    def loss(self, terms: Terms) -> Tensor:
        loss = terms.recon + terms.kl
        if self._is_vae:
            return loss
        return loss + (self.beta - 1) * total_correlation(terms.z_BL, terms.mu_BL, terms.logvar_BL)


def total_correlation(z_BL: Tensor, mu_BL: Tensor, logvar_BL: Tensor) -> Tensor:
    """(): mean over j of  ln q(z_j) - sum_l ln q(z_jl), in nats, up to a constant.

    Each density is the sum of the batch's posteriors. The factors 1 / (B N) of minibatch-weighted
    sampling are left out, and so are the factors (2 pi)^(-1/2), which cancel."""
    distance_BBL = (z_BL[:, None] - mu_BL[None]).square() * (-logvar_BL).exp()[None]
    log_q_BBL = -0.5 * (distance_BBL + logvar_BL[None])
    joint_B = log_q_BBL.sum(dim=2).logsumexp(dim=1)
    product_B = log_q_BBL.logsumexp(dim=1).sum(dim=1)
    return (joint_B - product_B).mean()
