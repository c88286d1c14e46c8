"""A dataset of 8x8 images small enough to train on in milliseconds.

K = 3 factors: row, column and brightness of a 2x2 square."""

import numpy as np
from torch import nn

from trainers.config import Evaluation, TrainingConfig
from trainers.config_checks import checked
from trainers.networks.base import AutoEncoder
from trainers.specs.datasets import DatasetSpec

SIZES = (4, 4, 3)


class Toy:
    """Every factor combination, eight times."""

    spec = DatasetSpec(
        name="toy",
        title="Toy",
        factor_names=("row", "column", "brightness"),
        factor_sizes=SIZES,
        image_CHW=(1, 8, 8),
        network="mlp",
        citation="made for tests",
        sources=("rendered",),
        num_images=8 * 48,
    )
    fingerprint = "toy/1"
    scale = 1 / 255

    def __len__(self):
        return self.spec.num_images

    def factors(self, indices_B):
        return np.stack(np.unravel_index(indices_B % 48, SIZES), axis=1).astype(np.int64)

    def images(self, indices_B):
        images_BCHW = np.zeros((len(indices_B), 1, 8, 8), np.uint8)
        for image, (row, column, brightness) in zip(
            images_BCHW, self.factors(indices_B), strict=True
        ):
            image[0, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2] = 85 * (brightness + 1)
        return images_BCHW


def toy_config(**changes):
    values = dict(
        dataset="dsprites",
        source="rendered",
        model="l_vae",
        params={"parametrisation": "sigma"},
        network="mlp",
        latent_dim=3,
        batch_size=16,
        learning_rate=1e-3,
        seed=5,
        milestones=(20, 40),
        measures=("cbd", "cbd_compactness", "cbd_modularity"),
        evaluation=Evaluation(num_points=30),
    )
    return checked(TrainingConfig(**(values | changes)))


class TinyNetwork(AutoEncoder):
    """An MLP of 16 units, in place of the registry's of 1200."""

    def __init__(self, image_CHW, latent_dim):
        super().__init__()
        num_pixels = int(np.prod(image_CHW))
        self.encoder = nn.Sequential(
            nn.Flatten(), nn.Linear(num_pixels, 16), nn.ReLU(), nn.Linear(16, 2 * latent_dim)
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, 16),
            nn.ReLU(),
            nn.Linear(16, num_pixels),
            nn.Unflatten(1, image_CHW),
        )
