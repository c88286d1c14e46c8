"""A loss of one's own: VAE as if Adam had another epsilon.

use: ./adam_epsilon.py
models: [vae, {epsilon_vae: {epsilon: [1e-7, 1e-4]}}]
"""

from collections.abc import Mapping

from torch import Tensor

from trainers.interface import ModelSpec, Objective, Param, Terms, Value

ADAM_EPSILON = 1e-8  # of every training


class EpsilonVAE(Objective):
    """c (R + KL), c = 1e-8 / epsilon.

    Adam divides the mean of gradients by the root of the mean of their squares plus epsilon. Both
    are proportional to c, so that c times the loss with 1e-8 gives the steps that the loss itself
    gives with 1e-8 / c, apart from rounding."""

    spec = ModelSpec(
        name="epsilon_vae",
        title="VAE, epsilon",
        equation="1e-8 / epsilon (R + KL)",
        source="an example",
        params=(Param("epsilon", "float", 1e-8, "Adam's epsilon", minimum=1e-8, maximum=1.0),),
    )

    def __init__(self, params: Mapping[str, Value], latent_dim: int, num_pixels: int) -> None:
        super().__init__(params, latent_dim, num_pixels)
        self.factor = ADAM_EPSILON / float(params["epsilon"])

    def loss(self, terms: Terms) -> Tensor:
        return self.factor * (terms.recon + terms.kl)
