"""Scoring of a milestone: validation losses, latents, measures.

Shapes: B batch, N points, L latent, K factors."""

from dataclasses import dataclass

import numpy as np
import torch

from trainers.config import TrainingConfig
from trainers.datasets.access.dataset import Dataset
from trainers.errors import MeasureError
from trainers.running.step import TrainStep
from trainers.scoring.latents import ACTIVE, active_latents, measure_scores
from trainers.seeds import random_stream
from trainers.splits import Split

_CHUNK = 256


@dataclass(frozen=True)
class Representation:
    """Posterior of a set of images. recon: mean squared error (or nats) an image; kl: nats."""

    mu_NL: np.ndarray
    logvar_NL: np.ndarray
    factors_NK: np.ndarray
    indices_N: np.ndarray
    recon: float
    kl: float


def represent(
    stepper: TrainStep, dataset: Dataset, indices_N: np.ndarray, *, seed: int, iteration: int
) -> Representation:
    """Encodes the images at `indices_N` and decodes one sample of each.

    The reconstruction is that of a sample, as in training, so that validation and training curves
    are comparable; its noise has a random stream of its own."""
    noise = random_stream(seed, "validation-noise", iteration)
    recon, mu, logvar = 0.0, [], []
    latent_dim = sum(name.startswith("kl/z") for name in stepper.names)
    for start in range(0, len(indices_N), _CHUNK):
        chunk_B = indices_N[start : start + _CHUNK]
        noise_BL = noise.standard_normal((len(chunk_B), latent_dim), dtype=np.float32)
        images_BCHW = torch.from_numpy(dataset.images(chunk_B)).to(stepper.device)
        error, mu_BL, logvar_BL = stepper.evaluate(
            images_BCHW, torch.from_numpy(noise_BL).to(stepper.device)
        )
        recon += float(error) * len(chunk_B)
        mu.append(mu_BL.cpu().numpy())
        logvar.append(logvar_BL.cpu().numpy())
    mu_NL, logvar_NL = np.concatenate(mu), np.concatenate(logvar)
    return Representation(
        mu_NL=mu_NL,
        logvar_NL=logvar_NL,
        factors_NK=dataset.factors(indices_N),
        indices_N=indices_N,
        recon=recon / len(indices_N),
        kl=_kl_nats(mu_NL, logvar_NL),
    )


def evaluate_split(
    stepper: TrainStep,
    dataset: Dataset,
    parts: Split,
    config: TrainingConfig,
    iteration: int,
) -> tuple[Representation, dict[str, float], str]:
    """As `evaluate`, on the first `num_points` validation images and, where the split has test
    images, on as many of these. The representation is that of the validation images."""
    num_points = config.evaluation.num_points
    representation, metrics, failed = evaluate(
        stepper, dataset, parts.validation[:num_points], config, iteration, part="valid"
    )
    if len(parts.test):
        _, on_test, failed_on_test = evaluate(
            stepper, dataset, parts.test[:num_points], config, iteration, part="test"
        )
        metrics, failed = metrics | on_test, failed or failed_on_test
    return representation, metrics, failed


def evaluate(
    stepper: TrainStep,
    dataset: Dataset,
    indices_N: np.ndarray,
    config: TrainingConfig,
    iteration: int,
    *,
    part: str,
) -> tuple[Representation, dict[str, float], str]:
    """(representation, metrics, why scores are missing or '') of one part of the split.

    part: 'valid' gives 'valid/recon', 'valid/kl', 'latent/active', 'measure/*'; 'test' gives
    'test/recon', 'test/kl', 'test/measure/*'."""
    representation = represent(stepper, dataset, indices_N, seed=config.seed, iteration=iteration)
    metrics = {f"{part}/recon": representation.recon, f"{part}/kl": representation.kl}
    if part == "valid":
        metrics[ACTIVE] = float(active_latents(representation.mu_NL))
    try:
        scores = measure_scores(
            representation.mu_NL,
            representation.factors_NK,
            config.measures,
            config.evaluation,
            seed=config.seed,
            iteration=iteration,
            prefix="measure" if part == "valid" else f"{part}/measure",
        )
    except MeasureError as error:
        return representation, metrics, str(error)
    return representation, metrics | scores, ""


def _kl_nats(mu_NL: np.ndarray, logvar_NL: np.ndarray) -> float:
    mu, logvar = mu_NL.astype(np.float64), logvar_NL.astype(np.float64)
    return float(-0.5 * (1 + logvar - mu**2 - np.exp(logvar)).sum(axis=1).mean())
