"""A network of one's own: any modules of torch, encoder to (B, 2L), decoder to logits.

use: ./own_network.py
axes: {network: [mlp, narrow]}
"""

from math import prod

from torch import Tensor, nn

from trainers.interface import AutoEncoder, Image, NetworkSpec

WIDTH = 128


class Gated(nn.Module):
    """x * sigmoid(W x): a layer that the built-in networks do not have."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, width)

    def forward(self, x_BD: Tensor) -> Tensor:
        return x_BD * self.gate(x_BD).sigmoid()


class Narrow(AutoEncoder):
    """Two gated layers of 128 on each side, for any size of image and for vectors."""

    spec = NetworkSpec(
        name="narrow", layers="FC 128, gated 128, 2L; FC 128, gated 128, CHW", source="an example"
    )

    def __init__(self, image_CHW: Image, latent_dim: int) -> None:
        super().__init__()
        size = prod(image_CHW)
        self.encoder = nn.Sequential(
            nn.Flatten(), nn.Linear(size, WIDTH), Gated(WIDTH), nn.Linear(WIDTH, 2 * latent_dim)
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, WIDTH),
            Gated(WIDTH),
            nn.Linear(WIDTH, size),
            nn.Unflatten(1, tuple(image_CHW)),
        )
