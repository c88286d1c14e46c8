"""A model whose state is no buffer, so that a checkpoint does not hold it."""

from trainers.interface import ModelSpec, Objective


class HiddenState(Objective):
    spec = ModelSpec("hidden_vae", "hidden", "R + beta_t KL", "a test", ())

    def __init__(self, params, latent_dim, num_pixels):
        super().__init__(params, latent_dim, num_pixels)
        self.steps = 0

    def loss(self, terms):
        self.steps += 1
        return terms.recon + (1 + self.steps) * terms.kl
