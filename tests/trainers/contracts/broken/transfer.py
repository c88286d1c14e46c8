"""A loss that reads a tensor on the host."""

from trainers.interface import ModelSpec, Objective


class Transfer(Objective):
    spec = ModelSpec("transfer_vae", "transfer", "R + KL", "a test", ())

    def loss(self, terms):
        return terms.recon + terms.kl * (1.0 if terms.kl.item() > 0 else 2.0)
