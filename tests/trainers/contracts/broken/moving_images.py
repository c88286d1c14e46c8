"""A dataset whose images differ at each call and lie outside [0, 1]."""

import numpy as np

from trainers.interface import DatasetSpec, OwnDataset


class Moving(OwnDataset):
    spec = DatasetSpec("moving", "Moving", ("a", "b"), (4, 4), (1, 4, 4), "mlp", num_images=16)

    def images(self, indices_B):
        if indices_B.max() >= 16:
            raise IndexError(f"no image {indices_B.max()}")
        return np.random.standard_normal((len(indices_B), 1, 4, 4)).astype(np.float32)

    def factors(self, indices_B):
        return np.stack(np.unravel_index(indices_B, (4, 4)), axis=1)
