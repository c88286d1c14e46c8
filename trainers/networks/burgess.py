"""The network of Burgess et al. 2018."""

from torch import nn

from trainers.networks.base import AutoEncoder, Image, down, ups

SIDE = 4
WIDTH = 32
HIDDEN = 256


class Burgess(AutoEncoder):
    """Encoder Conv 32 x 4 (4x4, stride 2), FC 256, 256, 2L; decoder the reverse.

    Burgess et al. 2018, for 64 pixels. At 128 pixels encoder and decoder have one more layer of 32
    channels, so that the smallest maps are still 4x4."""

    def __init__(self, image_CHW: Image, latent_dim: int) -> None:
        super().__init__()
        channels, height, _ = image_CHW
        num_layers = {64: 4, 128: 5}[height]
        flat = WIDTH * SIDE * SIDE
        downs = [layer for _ in range(num_layers - 1) for layer in down(WIDTH, WIDTH)]
        self.encoder = nn.Sequential(
            *down(channels, WIDTH),
            *downs,
            nn.Flatten(),
            nn.Linear(flat, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, 2 * latent_dim),
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, flat),
            nn.ReLU(),
            nn.Unflatten(1, (WIDTH, SIDE, SIDE)),
            *ups([WIDTH] * num_layers + [channels]),
        )
