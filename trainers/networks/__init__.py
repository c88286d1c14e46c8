"""The networks: one class for each entry a grid may name."""

import torch
from torch import nn

from trainers.errors import ConfigError
from trainers.networks.mlp import MLP
from trainers.seeds import seed_for

NETWORKS: dict[str, type[nn.Module]] = {"mlp": MLP}


def build_network(
    name: str, image_CHW: tuple[int, int, int], latent_dim: int, seed: int
) -> nn.Module:
    """The network `name` on the CPU; its weights are a pure function of the seed."""
    if name not in NETWORKS:
        raise ConfigError(f"network {name!r} is unknown. Known: {', '.join(NETWORKS)}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_for(seed, "init"))
        return NETWORKS[name](image_CHW, latent_dim)
