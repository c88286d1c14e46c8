"""A loss of one's own on a built-in network: the weight of the KL term is learned.

use: ./own_loss.py
models: [vae, {gain_vae: {target: [5, 10]}}]
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from trainers.interface import ModelSpec, Objective, Param, Terms, Value


class GainVAE(Objective):
    """R + beta (KL - target), beta = e^gain, where the gain rises while KL is above the target."""

    spec = ModelSpec(
        name="gain_vae",
        title="gain-VAE",
        equation="R + e^g KL, g rises while KL is above target",
        source="an example",
        params=(
            Param("target", "float", 10.0, "KL in nats at which the gain stays", above=0.0),
            Param("start", "float", 0.0, "first gain: log beta", minimum=-5.0, maximum=5.0),
        ),
    )

    def __init__(self, params: Mapping[str, Value], latent_dim: int, num_pixels: int) -> None:
        super().__init__(params, latent_dim, num_pixels)
        self.target = float(params["target"])
        # Learned by the network's Adam; recorded in the trajectories by itself, as 'gain'.
        self.gain = nn.Parameter(torch.tensor(float(params["start"])))

    def loss(self, terms: Terms) -> Tensor:
        weighted = self.gain.detach().exp() * terms.kl
        raises_gain = -self.gain * (terms.kl.detach() - self.target)
        return terms.recon + weighted + raises_gain
