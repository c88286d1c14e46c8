"""The objectives: one class for each model a grid may name."""

from collections.abc import Mapping

from trainers.errors import ConfigError
from trainers.objectives.base import Objective, Terms, kl_per_latent
from trainers.objectives.beta_vae import BetaVAE
from trainers.objectives.l_vae import LVAE
from trainers.objectives.mdl_vae import MdlVAEStrong
from trainers.objectives.vae import VAE

__all__ = ["OBJECTIVES", "Objective", "Terms", "build_objective", "kl_per_latent"]

OBJECTIVES: dict[str, type[Objective]] = {
    "vae": VAE,
    "beta_vae": BetaVAE,
    "l_vae": LVAE,
    "mdl_vae_strong": MdlVAEStrong,
}


def build_objective(
    name: str, params: Mapping[str, object], latent_dim: int, num_pixels: int, seed: int = 0
) -> Objective:
    """The objective `name` with fresh weights and state."""
    if name not in OBJECTIVES:
        raise ConfigError(f"model {name!r} is unknown. Known: {', '.join(OBJECTIVES)}")
    return OBJECTIVES[name](params, latent_dim, num_pixels)
