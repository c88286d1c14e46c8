"""A dataset of one's own that is not images: vectors with known factors.

    use: ./own_dataset.py
    datasets: helix
    axes: {network: mlp, reconstruction: gaussian, iterations: 1000}

Vectors of D values have the shape (1, 1, D). For data that are computed one by one, derive from
OwnDataset and write `images` and `factors` instead of `arrays`."""

import numpy as np

from trainers.interface import ArrayDataset, DatasetSpec

SIZES = (16, 8, 6)  # angle, height, radius
DIM = 12


class Helix(ArrayDataset):
    """Points of helices in 3 dimensions, mixed into 12 by one fixed random matrix."""

    spec = DatasetSpec(
        name="helix",
        title="Helix",
        factor_names=("angle", "height", "radius"),
        factor_sizes=SIZES,
        image_CHW=(1, 1, DIM),
        network="mlp",
        num_images=int(np.prod(SIZES)),
        values="real",  # outside [0, 1], so the reconstruction is gaussian
    )

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        factors_NK = np.stack(np.unravel_index(np.arange(self.spec.num_images), SIZES), axis=1)
        angle, height, radius = (factors_NK / np.array(SIZES)).T
        angle = 2 * np.pi * angle
        points_N3 = np.stack(
            [(1 + radius) * np.cos(angle), (1 + radius) * np.sin(angle), 2 * height], axis=1
        )
        mixing_3D = np.random.default_rng(0).standard_normal((3, DIM))
        return points_N3 @ mixing_3D, factors_NK
