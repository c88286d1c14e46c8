"""A loss that is infinite for large log-variances: exp(exp(..)) overflows."""

from trainers.interface import ModelSpec, Objective


class NotFinite(Objective):
    spec = ModelSpec("not_finite_vae", "not finite", "R + KL + e^sigma^2", "a test", ())

    def loss(self, terms):
        return terms.recon + terms.kl + 1e-6 * terms.logvar_BL.exp().exp().mean()
