"""A deeper network with residual blocks, which the thesis names as future work."""

from torch import Tensor, nn

from trainers.networks.base import AutoEncoder, Image, down, up

SIDE = 4
WIDTHS = (32, 64, 128, 128, 128)
BLOCKS = 2
HIDDEN = 256


class Residual(AutoEncoder):
    """Encoder: at each scale a Conv (4x4, stride 2) and two residual blocks, down to 4x4, then
    FC 256, 2L; decoder the reverse.

    Four scales (32, 64, 128, 128 channels) at 64 pixels, five at 128: 22 and 27 layers in the
    encoder, compared with 6 in Table 3.1. Designed for this project: the thesis (section 8.1) names
    "deeper network architectures" but gives none. No batch normalisation: an image's latents must
    not depend on the other images of the batch."""

    def __init__(self, image_CHW: Image, latent_dim: int) -> None:
        super().__init__()
        channels, height, _ = image_CHW
        widths = WIDTHS[: {64: 4, 128: 5}[height]]
        flat = widths[-1] * SIDE * SIDE
        self.encoder = nn.Sequential(
            *_encoder_scales(channels, widths),
            nn.Flatten(),
            nn.Linear(flat, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, 2 * latent_dim),
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, flat),
            nn.ReLU(),
            nn.Unflatten(1, (widths[-1], SIDE, SIDE)),
            *_decoder_scales(channels, widths),
        )


class Block(nn.Module):
    """relu(x + Conv(relu(Conv(x)))), 3x3, with `width` channels throughout."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
        )

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return (x_BCHW + self.branch(x_BCHW)).relu()


def _encoder_scales(channels: int, widths: tuple[int, ...]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for before, width in zip((channels, *widths), widths, strict=False):
        layers += [*down(before, width), *(Block(width) for _ in range(BLOCKS))]
    return layers


def _decoder_scales(channels: int, widths: tuple[int, ...]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    outputs = (*reversed(widths[:-1]), channels)
    for width, after in zip(reversed(widths), outputs, strict=True):
        layers += [*(Block(width) for _ in range(BLOCKS)), up(width, after), nn.ReLU()]
    return layers[:-1]
