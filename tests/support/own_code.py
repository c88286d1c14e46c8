"""Files with a user's own code, as tests write them."""

MODEL = '''"""A loss with a learned gain."""

import torch
from torch import nn

from helpers import SCALE
from trainers.interface import ModelSpec, Objective, Param


class Gain(Objective):
    """SCALE R + k e^g KL - g"""

    spec = ModelSpec(
        "gain_vae", "gain-VAE", "R + k e^g KL - g", "a test",
        (Param("k", "float", 2.0, "weight of the KL term", minimum=0.0),),
    )

    def __init__(self, params, latent_dim, num_pixels):
        super().__init__(params, latent_dim, num_pixels)
        self.k = params["k"]
        self.gain = nn.Parameter(torch.zeros(()))
        self.per_latent = nn.Parameter(torch.zeros(latent_dim))

    def loss(self, terms):
        weighted = (terms.kl_L * self.per_latent.exp()).sum()
        return SCALE * terms.recon + self.k * self.gain.exp() * weighted - self.gain
'''
HELPERS = "SCALE = 1.0\n"


def write_model(folder, model=MODEL, helpers=HELPERS):
    """my_models.py and helpers.py in a folder."""
    (folder / "my_models.py").write_text(model, encoding="utf-8")
    (folder / "helpers.py").write_text(helpers, encoding="utf-8")
