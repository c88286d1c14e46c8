"""The training that is measured: L-VAE on drawn dSprites."""

from typing import Any

from trainers.config import TrainingConfig
from trainers.config_checks import checked


def l_vae(network: str, batch_size: int = 64, **others: Any) -> TrainingConfig:
    """Its configuration; it ends beyond every benchmark unless `milestones` says otherwise."""
    settings: dict[str, Any] = {
        "dataset": "dsprites",
        "source": "rendered",
        "model": "l_vae",
        "params": {},
        "latent_dim": 5,
        "learning_rate": 1e-4,
        "milestones": (10_000_000,),
    }
    return checked(TrainingConfig(network=network, batch_size=batch_size, **(settings | others)))
