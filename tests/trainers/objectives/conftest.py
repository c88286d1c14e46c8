"""A toy training for the tests of objectives: 16 pixels, 3 latents, a linear encoder and decoder.

Weights, images and noise come from numpy streams, so no torch random number is involved."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from trainers.objectives import Objective, Terms, build_objective, kl_per_latent
from trainers.objectives.parts.reconstruction import reconstruction_error
from trainers.seeds import random_stream

BATCH, LATENTS, PIXELS = 8, 3, 16


class Toy:
    """One training; `step()` does what a trainer does, from `steps_done` alone."""

    def __init__(self, model: str, learning_rate: float = 1e-2, **params: object) -> None:
        self.objective = build_objective(model, params, LATENTS, PIXELS)
        rng = random_stream(0, "toy/init")
        self.encoder = torch.nn.Parameter(_normal(rng, (PIXELS, 2 * LATENTS)) * 0.3)
        self.decoder = torch.nn.Parameter(_normal(rng, (LATENTS, PIXELS)) * 0.3)
        weights = [self.encoder, self.decoder, *self.objective.learned_weights()]
        self.adam = torch.optim.Adam(weights, lr=learning_rate)
        adversary = self.objective.adversary()
        self.adversary_adam = None
        if adversary is not None:
            options = self.objective.adversary_optimizer()
            self.adversary_adam = torch.optim.Adam(adversary.parameters(), **options)
        self.steps_done = 0

    def terms(self) -> Terms:
        rng = random_stream(0, "toy/batch", self.steps_done)
        x_BCHW = torch.from_numpy(rng.random((BATCH, 1, 4, 4), dtype=np.float32))
        mu_BL, logvar_BL = (x_BCHW.flatten(1) @ self.encoder).chunk(2, dim=1)
        z_BL = mu_BL + (logvar_BL / 2).exp() * _normal(rng, (BATCH, LATENTS))
        logits_BCHW = (z_BL @ self.decoder).view_as(x_BCHW)
        return Terms(
            recon=reconstruction_error(logits_BCHW, x_BCHW, "mse"),
            kl_L=kl_per_latent(mu_BL, logvar_BL),
            mu_BL=mu_BL,
            logvar_BL=logvar_BL,
            z_BL=z_BL,
            iteration=torch.tensor(self.steps_done + 1),
            shuffle_BL=shuffle(rng),
        )

    def step(self) -> float:
        terms = self.terms()
        loss = self.objective.loss(terms)
        self.adam.zero_grad()
        loss.backward()
        if self.adversary_adam is not None:
            self.adversary_adam.zero_grad()
            self.objective.adversary_loss(terms).backward()
            self.adversary_adam.step()
        self.adam.step()
        self.steps_done += 1
        return loss.item()

    def weights(self) -> list[torch.Tensor]:
        return [self.encoder, self.decoder, *self.objective.state_dict().values()]

    def logged(self) -> dict[str, float]:
        values = self.objective.logged_values()
        return {n: v.item() for n, v in zip(self.objective.logged_names(), values, strict=True)}


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> torch.Tensor:
    return torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))


def shuffle(rng: np.random.Generator) -> torch.Tensor:
    columns = [rng.permutation(BATCH) for _ in range(LATENTS)]
    return torch.from_numpy(np.stack(columns, axis=1))


def fixed_terms(recon: float, kl_L: list[float]) -> Terms:
    """Terms with a constant reconstruction error and KL, in float64."""
    nothing = torch.zeros(1, len(kl_L), dtype=torch.float64)
    return Terms(
        recon=torch.tensor(recon, dtype=torch.float64),
        kl_L=torch.tensor(kl_L, dtype=torch.float64),
        mu_BL=nothing,
        logvar_BL=nothing,
        z_BL=nothing,
        iteration=torch.tensor(1),
    )


def settle(objective: Objective, terms: Terms, steps: int = 1800) -> dict[str, float]:
    """The logged values after Adam has optimised the objective's weights to convergence."""
    objective.double()
    adam = torch.optim.Adam(objective.learned_weights(), lr=0.1, betas=(0.9, 0.99))
    decay = torch.optim.lr_scheduler.ExponentialLR(adam, 0.996)
    for _ in range(steps):
        adam.zero_grad()
        objective.loss(terms).backward()
        adam.step()
        decay.step()
    objective.loss(terms)
    names, values = objective.logged_names(), objective.logged_values()
    return {name: value.item() for name, value in zip(names, values, strict=True)}


@pytest.fixture
def toys() -> SimpleNamespace:
    return SimpleNamespace(Toy=Toy, fixed_terms=fixed_terms, settle=settle, shuffle=shuffle)
