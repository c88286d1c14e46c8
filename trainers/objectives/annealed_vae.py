"""AnnealedVAE: the KL is held at a capacity that grows during training."""

from collections.abc import Mapping

from torch import Tensor

from trainers.objectives.base import Objective, Terms, scalar
from trainers.specs.parameters import Value


class AnnealedVAE(Objective):
    """Reconstruction plus the absolute difference between the KL and a capacity C(t).

        loss = R + gamma |KL - C|,   C = min(c_max, c_max t / iteration_threshold), in nats

    Burgess et al. 2018, eq. 8, with the constants of disentanglement_lib: gamma 1000, threshold
    100,000. No epsilon."""

    capacity_nats: Tensor

    def __init__(self, params: Mapping[str, Value], latent_dim: int, num_pixels: int) -> None:
        super().__init__(params, latent_dim, num_pixels)
        self.gamma = float(params["gamma"])
        self.c_max = float(params["c_max"])
        self.iteration_threshold = int(params["iteration_threshold"])
        self.register_buffer("capacity_nats", scalar(0.0), persistent=False)

    def loss(self, terms: Terms) -> Tensor:
        fraction = (terms.iteration.double() / self.iteration_threshold).clamp(max=1.0)
        self.capacity_nats.copy_(self.c_max * fraction)
        kl = terms.kl
        return terms.recon + self.gamma * (kl - self.capacity_nats.to(kl.dtype)).abs()

    def logged_names(self) -> tuple[str, ...]:
        return ("target/kl",)

    def logged_values(self) -> tuple[Tensor, ...]:
        return (self.capacity_nats,)
