"""The text of a file with one part of each kind, named mine."""

MODEL = """
from trainers.interface import ModelSpec, Objective, Param

class Mine(Objective):
    spec = ModelSpec(
        "mine", "My model", "R + k KL", "a test", (Param("k", "float", 1.0, "weight"),)
    )

    def loss(self, terms):
        return terms.recon + terms.kl
"""
NETWORK = """
from math import prod

from torch import nn

from trainers.interface import AutoEncoder, NetworkSpec

class Mine(AutoEncoder):
    spec = NetworkSpec("mine")

    def __init__(self, image_CHW, latent_dim):
        super().__init__()
        size = prod(image_CHW)
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(size, 2 * latent_dim))
        self.decoder = nn.Sequential(nn.Linear(latent_dim, size), nn.Unflatten(1, image_CHW))
"""
DATASET = """
import numpy as np

from trainers.interface import ArrayDataset, DatasetSpec

class Mine(ArrayDataset):
    spec = DatasetSpec("mine", "My data", ("a", "b"), (5, 4), (1, 1, 6), "mlp", num_images=20)

    def arrays(self):
        factors_NK = np.stack(np.unravel_index(np.arange(20), (5, 4)), axis=1)
        return (factors_NK / 5) @ np.linspace(0, 0.5, 12).reshape(2, 6), factors_NK
"""
MEASURE = '''
from trainers.interface import measure

@measure(range="0 to infinity")
def mine(latents_NL, factors_NK):
    """The spread of the latents."""
    return float(latents_NL.std())
'''


def write(text: str, name: str) -> str:
    """The text with another name of its part."""
    return text.replace('"mine"', f'"{name}"').replace("def mine", f"def {name}")
