"""A small training that the checks of models and networks run: a batch of 8, 3 latents.

Images and noise come from named numpy streams, a function of the step's number alone."""

from math import prod

import numpy as np
import torch
from torch import nn

from trainers.config import TrainingConfig
from trainers.contracts.verdict import Broken
from trainers.networks.base import AutoEncoder, Image
from trainers.objectives import Objective, Terms, build_objective, kl_per_latent
from trainers.running.step import TrainStep
from trainers.seeds import random_stream
from trainers.specs.models import complete_params
from trainers.specs.networks import NETWORKS
from trainers.specs.own import Kind

BATCH, LATENTS = 8, 3


class _Linear(AutoEncoder):
    """One layer on each side: what a model is trained with."""

    def __init__(self, image_CHW: Image, latent_dim: int) -> None:
        super().__init__()
        size = prod(image_CHW)
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(size, 2 * latent_dim))
        self.decoder = nn.Sequential(nn.Linear(latent_dim, size), nn.Unflatten(1, image_CHW))


def small_image(network: str) -> Image:
    """The smallest image that the checks give a network."""
    sizes = NETWORKS[network].sizes
    return (1, min(sizes), min(sizes)) if sizes else (1, 4, 4)


def small_step(kind: Kind, name: str, seed: int = 0) -> TrainStep:
    """A training of a model with a linear network, or of a network with the model vae."""
    model, network = (name, "mlp") if kind == "model" else ("vae", name)
    config = TrainingConfig(
        dataset="dsprites",
        source="rendered",
        model=model,
        params=complete_params(model, {})[0],
        network=network,
        latent_dim=LATENTS,
        batch_size=BATCH,
        learning_rate=1e-3,
        seed=seed,
    )
    linear = None
    if kind == "model":
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            linear = _Linear(small_image(network), LATENTS)
    return TrainStep(config, small_image(network), 1 / 255, torch.device("cpu"), linear)


def run(step: TrainStep, first: int, last: int, image: Image) -> np.ndarray:
    """(S, V): the recorded values of the steps first to last, both included."""
    count = BATCH if prod(image) < 1000 else 2  # large images are slow
    rows = []
    for number in range(first, last + 1):
        rng = random_stream(0, "contract/batch", number)
        images = torch.from_numpy(rng.integers(0, 256, (BATCH, *image), dtype=np.uint8))
        values = step.step(images[:count], noise(rng)[:count], torch.tensor(number), shuffle(rng))
        rows.append(values.numpy())
    return np.stack(rows)


def noise(rng: np.random.Generator) -> torch.Tensor:
    return torch.from_numpy(rng.standard_normal((BATCH, LATENTS), dtype=np.float32))


def shuffle(rng: np.random.Generator) -> torch.Tensor:
    """(B, L): a permutation of the batch for each latent."""
    columns = [rng.permutation(BATCH) for _ in range(LATENTS)]
    return torch.from_numpy(np.stack(columns, axis=1))


def small_objective(name: str, latent_dim: int = LATENTS, num_pixels: int = 16) -> Objective:
    return build_objective(name, {}, latent_dim, num_pixels)


def some_terms(logvar: float = -1.0, copies: int = 1) -> Terms:
    """Terms of a batch whose gradients reach mu_BL and logvar_BL.

    copies: how often each point is in the batch."""
    rng = random_stream(0, "contract/terms")
    mu_BL = noise(rng).repeat(copies, 1).requires_grad_()
    spread_BL = torch.linspace(-0.5, 0.5, BATCH * LATENTS).reshape(BATCH, LATENTS)
    logvar_BL = (logvar + spread_BL).repeat(copies, 1).requires_grad_()
    z_BL = mu_BL + (0.5 * logvar_BL).exp() * noise(rng).repeat(copies, 1)
    order_BL = shuffle(rng)
    return Terms(
        recon=z_BL.sigmoid().square().sum(dim=1).mean(),
        kl_L=kl_per_latent(mu_BL, logvar_BL),
        mu_BL=mu_BL,
        logvar_BL=logvar_BL,
        z_BL=z_BL,
        iteration=torch.tensor(1),
        shuffle_BL=torch.cat([order_BL + BATCH * copy for copy in range(copies)]),
    )


def check_same_seed(kind: Kind, name: str) -> str:
    """Same seed, same bits; building draws nothing from torch's global stream."""
    image = small_image("mlp" if kind == "model" else name)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = small_step(kind, name)
    if not torch.equal(before, torch.get_rng_state()):
        raise Broken("building it moves torch's global random stream; draw no seed of your own")
    one = run(first, 1, 2, image)
    torch.manual_seed(2)
    same_bits(one, run(small_step(kind, name), 1, 2, image), first.names, "a second training")
    return ""


def same_bits(one: np.ndarray, other: np.ndarray, names: tuple[str, ...], what: str) -> None:
    """Raises Broken that names the first value that differs."""
    if one.tobytes() == other.tobytes():
        return
    step, column = np.argwhere(~((one == other) | (np.isnan(one) & np.isnan(other))))[0]
    raise Broken(
        f"{what} differs in {names[column]} ({one[step, column]:.9g}, then "
        f"{other[step, column]:.9g}); keep all state in buffers or parameters, and draw no random "
        "numbers besides the noise that is given"
    )
