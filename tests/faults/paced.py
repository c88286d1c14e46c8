"""A network for grids that are disturbed: a step computes little and pauses for 10 ms, or
STEP_PAUSE_S seconds: there is time to disturb it, on a fast machine as on one with other work."""

import os
import time
from math import prod

from torch import Tensor, nn

from trainers.interface import AutoEncoder, Image, NetworkSpec

PAUSE_S = float(os.environ.get("STEP_PAUSE_S", "0.01"))


class Pause(nn.Module):
    """The identity, after a while."""

    def forward(self, x: Tensor) -> Tensor:
        time.sleep(PAUSE_S)
        return x


class Paced(AutoEncoder):
    spec = NetworkSpec(name="paced", layers="FC 16, 2L; FC 16, CHW", source="a test")

    def __init__(self, image_CHW: Image, latent_dim: int) -> None:
        super().__init__()
        size = prod(image_CHW)
        self.encoder = nn.Sequential(
            Pause(), nn.Flatten(), nn.Linear(size, 16), nn.ReLU(), nn.Linear(16, 2 * latent_dim)
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, 16), nn.ReLU(), nn.Linear(16, size), nn.Unflatten(1, image_CHW)
        )
