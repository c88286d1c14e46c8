"""The interface of a network: an encoder to (mu, logvar) and a decoder to logits.

Shapes: B batch, C H W image, L latent."""

from torch import Tensor, nn

Image = tuple[int, int, int]  # C, H, W


class AutoEncoder(nn.Module):
    """`encoder`: (B, C, H, W) -> (B, 2L). `decoder`: (B, L) -> (B, C, H, W) logits."""

    encoder: nn.Module
    decoder: nn.Module

    def encode(self, x_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        """(B, L) twice: mean and log variance of the posterior."""
        mu_BL, logvar_BL = self.encoder(x_BCHW).chunk(2, dim=1)
        return mu_BL, logvar_BL

    def decode(self, z_BL: Tensor) -> Tensor:
        """(B, C, H, W): logits, before the sigmoid."""
        return self.decoder(z_BL)


def down(in_channels: int, out_channels: int) -> list[nn.Module]:
    """Convolution 4x4, stride 2, padding 1, ReLU: halves height and width."""
    return [nn.Conv2d(in_channels, out_channels, 4, stride=2, padding=1), nn.ReLU()]


def up(in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    """Transposed convolution 4x4, stride 2, padding 1: doubles height and width."""
    return nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1)


def ups(channels: list[int]) -> list[nn.Module]:
    """`up` from each number of channels to the next, with ReLU between them."""
    layers: list[nn.Module] = []
    for in_channels, out_channels in zip(channels, channels[1:], strict=False):
        layers += [up(in_channels, out_channels), nn.ReLU()]
    return layers[:-1]
