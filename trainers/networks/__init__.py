"""The networks: one class for each network that a grid may name."""

import torch

from trainers.errors import ConfigError
from trainers.networks.base import AutoEncoder, Image
from trainers.networks.burgess import Burgess
from trainers.networks.cnn import CNN
from trainers.networks.mlp import MLP
from trainers.networks.residual import Residual
from trainers.seeds import seed_for
from trainers.specs.networks import network_errors

__all__ = ["NETWORKS", "AutoEncoder", "build_network"]

NETWORKS: dict[str, type[AutoEncoder]] = {
    "mlp": MLP,
    "cnn": CNN,
    "burgess": Burgess,
    "residual": Residual,
}


def build_network(name: str, image_CHW: Image, latent_dim: int, seed: int) -> AutoEncoder:
    """The network `name` on the CPU. Its initial weights are a pure function of the seed.

    Raises ConfigError for an unknown name, an unsupported image size, or latent_dim < 1."""
    errors = network_errors(name, image_CHW, latent_dim)
    if errors:
        raise ConfigError("\n".join(errors))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_for(seed, "init"))
        return NETWORKS[name](image_CHW, latent_dim)
