"""The multilayer perceptron of the thesis, Table 3.1."""

from math import prod

from torch import nn

from trainers.networks.base import AutoEncoder, Image

HIDDEN = 1200


class MLP(AutoEncoder):
    """Encoder FC 1200, 1200, 2L; decoder FC 1200, 1200, CHW; ReLU between.

    Thesis, Table 3.1; any image size. Higgins et al. 2017 use a third decoder layer and tanh."""

    def __init__(self, image_CHW: Image, latent_dim: int) -> None:
        super().__init__()
        num_pixels = prod(image_CHW)
        self.encoder = nn.Sequential(nn.Flatten(), *_three_layers(num_pixels, 2 * latent_dim))
        self.decoder = nn.Sequential(
            *_three_layers(latent_dim, num_pixels), nn.Unflatten(1, tuple(image_CHW))
        )


def _three_layers(inputs: int, outputs: int) -> list[nn.Module]:
    return [
        nn.Linear(inputs, HIDDEN),
        nn.ReLU(),
        nn.Linear(HIDDEN, HIDDEN),
        nn.ReLU(),
        nn.Linear(HIDDEN, outputs),
    ]
