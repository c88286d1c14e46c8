"""A network whose decoder gives vectors in place of images."""

from math import prod

from torch import nn

from trainers.interface import AutoEncoder, NetworkSpec


class Flat(AutoEncoder):
    spec = NetworkSpec("flat")

    def __init__(self, image_CHW, latent_dim):
        super().__init__()
        size = prod(image_CHW)
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(size, 2 * latent_dim))
        self.decoder = nn.Linear(latent_dim, size)
