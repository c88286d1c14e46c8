"""The objectives: one class for each model that a grid may name."""

from collections.abc import Mapping

import torch

from trainers.errors import ConfigError
from trainers.objectives.annealed_vae import AnnealedVAE
from trainers.objectives.base import Objective, Terms, kl_per_latent
from trainers.objectives.beta_tc_vae import BetaTCVAE
from trainers.objectives.beta_vae import BetaVAE
from trainers.objectives.control_vae import ControlVAE
from trainers.objectives.dip_vae import DipVAEI, DipVAEII
from trainers.objectives.dynamic_vae import DynamicVAE
from trainers.objectives.factor_vae import FactorVAE
from trainers.objectives.l_vae import LVAE
from trainers.objectives.mdl_vae import MdlVAEStrong, MdlVAEv1, MdlVAEv2, MdlVAEv3, MdlVAEWeak
from trainers.objectives.sigma_vae import SigmaVAE
from trainers.objectives.vae import VAE
from trainers.seeds import seed_for
from trainers.specs.models import complete_params
from trainers.specs.parameters import Value

__all__ = ["OBJECTIVES", "Objective", "Terms", "build_objective", "kl_per_latent"]

OBJECTIVES: dict[str, type[Objective]] = {
    "vae": VAE,
    "beta_vae": BetaVAE,
    "control_vae": ControlVAE,
    "dynamic_vae": DynamicVAE,
    "sigma_vae": SigmaVAE,
    "l_vae": LVAE,
    "mdl_vae_strong": MdlVAEStrong,
    "mdl_vae_weak": MdlVAEWeak,
    "mdl_vae_v1": MdlVAEv1,
    "mdl_vae_v2": MdlVAEv2,
    "mdl_vae_v3": MdlVAEv3,
    "annealed_vae": AnnealedVAE,
    "factor_vae": FactorVAE,
    "beta_tc_vae": BetaTCVAE,
    "dip_vae_i": DipVAEI,
    "dip_vae_ii": DipVAEII,
}


def build_objective(
    name: str, params: Mapping[str, Value], latent_dim: int, num_pixels: int, seed: int = 0
) -> Objective:
    """The objective `name` on the CPU, with initial weights and state.

    `params` may leave out parameters that have a default. num_pixels: D = C*H*W. Random initial
    weights (only FactorVAE's discriminator has any) are a pure function of the seed.
    Raises ConfigError with every mistake in the name and the parameters."""
    complete, errors = complete_params(name, params)
    if not errors and name not in OBJECTIVES:
        errors = [
            f"model {name!r} is an alias: `sweeper plan` replaces it by a model; train that one"
        ]
    if errors:
        raise ConfigError("\n".join(errors))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_for(seed, "init/objective"))
        return OBJECTIVES[name](complete, latent_dim, num_pixels)
