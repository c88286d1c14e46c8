"""DIP-VAE I and II: a penalty on the distance of the latents' covariance from the identity.

Shapes: B batch, L latent."""

from collections.abc import Mapping

from torch import Tensor

from trainers.objectives.base import Objective, Terms
from trainers.specs.parameters import Value


class DipVAE(Objective):
    """The VAE plus a penalty on a covariance matrix of the latents.

        loss = R + KL + lambda_od sum_{i != j} Cov_ij^2 + lambda_d sum_i (Cov_ii - 1)^2

    Kumar et al. 2018, eqs. 6 and 7, with lambda_d = lambda_d_factor * lambda_od as in
    disentanglement_lib. Cov is the biased covariance over the batch. No epsilon."""

    def __init__(self, params: Mapping[str, Value], latent_dim: int, num_pixels: int) -> None:
        super().__init__(params, latent_dim, num_pixels)
        self.lambda_od = float(params["lambda_od"])
        self.lambda_d = float(params["lambda_d_factor"]) * self.lambda_od

    def covariance(self, terms: Terms) -> Tensor:
        """(L, L)."""
        raise NotImplementedError(type(self).__name__)

    def loss(self, terms: Terms) -> Tensor:
        cov_LL = self.covariance(terms)
        diagonal_L = cov_LL.diagonal()
        off_diagonal = (cov_LL - diagonal_L.diag()).square().sum()
        penalty = self.lambda_od * off_diagonal + self.lambda_d * (diagonal_L - 1).square().sum()
        return terms.recon + terms.kl + penalty


class DipVAEI(DipVAE):
    """Cov[mu(x)]: the covariance of the posterior means. lambda_d_factor 10."""

    def covariance(self, terms: Terms) -> Tensor:
        return covariance_of_means(terms.mu_BL)


class DipVAEII(DipVAE):
    """Cov[z] = E[diag(exp logvar)] + Cov[mu(x)], the law of total variance. lambda_d_factor 1."""

    def covariance(self, terms: Terms) -> Tensor:
        return terms.logvar_BL.exp().mean(dim=0).diag() + covariance_of_means(terms.mu_BL)


def covariance_of_means(mu_BL: Tensor) -> Tensor:
    """(L, L): E[mu mu^T] - E[mu] E[mu]^T over the batch, computed from centred means."""
    centred_BL = mu_BL - mu_BL.mean(dim=0)
    return centred_BL.T @ centred_BL / mu_BL.shape[0]
