"""FactorVAE: a weight on the total correlation, which a discriminator estimates.

Shapes: B batch, L latent. Of the discriminator's two logits, 0 stands for a sample of the
posterior and 1 for a shuffled one."""

from collections.abc import Mapping
from math import log, log1p
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainers.objectives.base import Objective, Terms
from trainers.specs.parameters import Value

HIDDEN = 1000
HIDDEN_LAYERS = 6
LEAKY_SLOPE = 0.2
LOG_P_MIN, LOG_P_MAX = log(1e-6), log1p(-1e-6)


class FactorVAE(Objective):
    """The VAE plus gamma times the total correlation that a discriminator estimates.

        loss = R + KL + gamma mean_B[ logit_0(z) - logit_1(z) ]
        discriminator: - 1/2 E ln p_0(z) - 1/2 E ln p_1(z shuffled),  p clipped to [e, 1 - e]

    Kim & Mnih 2018, eqs. 2 and 3, with disentanglement_lib's constants: six layers of 1000 with
    leaky ReLU, e = 1e-6 (in the discriminator's loss only), Adam(1e-4, 0.5, 0.9). Departure: each
    latent is shuffled within the same batch; the paper uses a second batch."""

    needs_shuffle: ClassVar[bool] = True

    def __init__(self, params: Mapping[str, Value], latent_dim: int, num_pixels: int) -> None:
        super().__init__(params, latent_dim, num_pixels)
        self.gamma = float(params["gamma"])
        self.discriminator = Discriminator(latent_dim)
        self._tc = torch.tensor(0.0)

    def loss(self, terms: Terms) -> Tensor:
        logits_B2 = self.discriminator(terms.z_BL, fixed=True)
        tc = (logits_B2[:, 0] - logits_B2[:, 1]).mean()
        self._tc = tc.detach()
        return terms.recon + terms.kl + self.gamma * tc

    def logged_names(self) -> tuple[str, ...]:
        return ("loss/tc",)

    def logged_values(self) -> tuple[Tensor, ...]:
        return (self._tc,)

    def adversary(self) -> nn.Module:
        return self.discriminator

    def adversary_optimizer(self) -> dict[str, Any]:
        return {"lr": 1e-4, "betas": (0.5, 0.9)}

    def adversary_loss(self, terms: Terms) -> Tensor:
        assert terms.shuffle_BL is not None, "factor_vae needs Terms.shuffle_BL"
        z_BL = terms.z_BL.detach()
        log_p_joint = _log_probabilities(self.discriminator(z_BL))[:, 0]
        shuffled_BL = z_BL.gather(0, terms.shuffle_BL)
        log_p_product = _log_probabilities(self.discriminator(shuffled_BL))[:, 1]
        return -0.5 * (log_p_joint.mean() + log_p_product.mean())


class Discriminator(nn.Module):
    """L -> 6 x FC 1000, leaky ReLU -> 2 logits."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        sizes = [latent_dim, *[HIDDEN] * HIDDEN_LAYERS, 2]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:], strict=False))

    def forward(self, z_BL: Tensor, fixed: bool = False) -> Tensor:
        """(B, 2): logits.  fixed: gradients flow to z only, not to the weights."""
        h = z_BL
        for index, layer in enumerate(self.layers):
            h = F.leaky_relu(h, LEAKY_SLOPE) if index else h
            assert isinstance(layer, nn.Linear)
            weight, bias = layer.weight, layer.bias
            h = F.linear(h, weight.detach(), bias.detach()) if fixed else F.linear(h, weight, bias)
        return h


def _log_probabilities(logits_B2: Tensor) -> Tensor:
    return F.log_softmax(logits_B2, dim=1).clamp(LOG_P_MIN, LOG_P_MAX)
