"""Table 3.1's multilayer perceptron.

Shapes: B batch, C H W image, L latent."""

from math import prod

from torch import Tensor, nn

HIDDEN = 1200


class MLP(nn.Module):
    """Encoder FC 1200, 1200, 2L; decoder FC 1200, 1200, CHW; ReLU between, logits out.

    Thesis, Table 3.1; any image size. Higgins et al. 2017 used a third decoder layer and tanh."""

    def __init__(self, image_CHW: tuple[int, int, int], latent_dim: int) -> None:
        super().__init__()
        self.image_CHW = tuple(image_CHW)
        num_pixels = prod(image_CHW)
        self.encoder = nn.Sequential(
            nn.Flatten(),
            nn.Linear(num_pixels, HIDDEN),
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
            nn.Linear(HIDDEN, num_pixels),
            nn.Unflatten(1, self.image_CHW),
        )

    def encode(self, x_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        """(B, L) twice: mean and log variance of the posterior."""
        mu_BL, logvar_BL = self.encoder(x_BCHW).chunk(2, dim=1)
        return mu_BL, logvar_BL

    def decode(self, z_BL: Tensor) -> Tensor:
        """(B, C, H, W): logits, before the sigmoid."""
        return self.decoder(z_BL)
