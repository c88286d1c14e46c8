"""The convolutional network of the thesis, Table 3.1."""

import torch
from torch import nn

from trainers.networks.base import AutoEncoder, Image, down, ups

FLAT = 256
BOTTLENECK = 3


class CNN(AutoEncoder):
    """Encoder Conv 32, 32, 64, 64 (4x4, stride 2), Conv 32 (4x4, stride 1), FC 2L; decoder FC 256,
    ConvT 64, 64, 32, 32, 3, C (4x4, stride 2); ReLU between.

    Thesis, Table 3.1, for 64 and 128 pixels. The table gives no padding. It is taken as 1 where the
    stride is 2, so that each such layer halves or doubles the side, and as 0 in the stride-1 layer.
    The 256 outputs of the FC are then 256 channels of 1x1 at 64 pixels and 64 channels of 2x2 at
    128, all six transposed layers are used, and the table fits both sizes. Two consequences follow
    from the table: the last hidden layer has only 3 channels, also for images of one channel, and
    at 128 pixels the stride-1 layer has 32 maps of 5x5.

    One departure from PyTorch's initial weights: the biases of the 3-channel layer are made
    positive. With the biases as drawn, all three channels are negative everywhere for 14 of 100
    seeds at 64 pixels (7 at 128); ReLU then passes neither values nor gradients, and such a
    training cannot learn."""

    def __init__(self, image_CHW: Image, latent_dim: int) -> None:
        super().__init__()
        channels, height, _ = image_CHW
        last_side = height // 16 - 3
        self.encoder = nn.Sequential(
            *down(channels, 32),
            *down(32, 32),
            *down(32, 64),
            *down(64, 64),
            nn.Conv2d(64, 32, 4, stride=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * last_side**2, 2 * latent_dim),
        )
        first_side = height // 64
        first_channels = FLAT // first_side**2
        self.decoder: nn.Sequential = nn.Sequential(
            nn.Linear(latent_dim, FLAT),
            nn.ReLU(),
            nn.Unflatten(1, (first_channels, first_side, first_side)),
            *ups([first_channels, 64, 64, 32, 32, BOTTLENECK, channels]),
        )
        bottleneck = self.decoder[-3]
        assert isinstance(bottleneck, nn.ConvTranspose2d) and bottleneck.bias is not None
        with torch.no_grad():
            bottleneck.bias.abs_()
