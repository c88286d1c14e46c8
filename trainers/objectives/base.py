"""The interface of an objective: a loss of one minibatch, with weights and state of its own.

Shapes: B batch, L latent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from trainers.specs.parameters import Value


@dataclass(frozen=True)
class Terms:
    """The terms of the loss of one minibatch, all on one device.

    recon      (): reconstruction error summed over pixels and channels, mean over the batch
    kl_L       (L,): KL to the unit Gaussian per latent, in nats, mean over the batch
    mu_BL, logvar_BL, z_BL  (B, L): the posterior and its sample
    iteration  () int64: the number of this step, from 1
    shuffle_BL (B, L) int64: one permutation of the batch per latent column, from a named stream;
               given when the objective's `needs_shuffle` is True, else None
    """

    recon: Tensor
    kl_L: Tensor
    mu_BL: Tensor
    logvar_BL: Tensor
    z_BL: Tensor
    iteration: Tensor
    shuffle_BL: Tensor | None = None

    @property
    def kl(self) -> Tensor:
        """(): KL summed over latents, in nats."""
        return self.kl_L.sum()


class Objective(nn.Module):
    """A loss with a name. Everything optional has a default here; a trainer uses nothing else.

    Learned weights are parameters and are optimised by the network's Adam. Controller state is
    kept in float64 buffers, which `loss` updates in place before the backward pass. Both are in
    the state dict and so in checkpoints. In eval mode `loss` changes no state. `loss` must not
    read a tensor back to the host: on a GPU the whole step is one captured graph."""

    needs_shuffle: ClassVar[bool] = False  # whether `loss` needs Terms.shuffle_BL
    compares_points: ClassVar[bool] = False  # whether `loss` compares the points of a batch, so
    # that it depends on their number

    def __init__(self, params: Mapping[str, Value], latent_dim: int, num_pixels: int) -> None:
        """params: every parameter of the model's spec, typed.  num_pixels: D = C*H*W."""
        super().__init__()

    def loss(self, terms: Terms) -> Tensor:
        """The scalar to minimise."""
        raise NotImplementedError(type(self).__name__)

    def logged_names(self) -> tuple[str, ...]:
        """Names of the values of `logged_values`: 'beta', 'sigma/recon', 'sigma/z0', ...

        By default the learned weights: 'gain' for a scalar, 'gain/0', 'gain/1', .. for several."""
        return tuple(name for name, _ in self._learned_values())

    def logged_values(self) -> tuple[Tensor, ...]:
        """Detached scalars that the latest `loss` used, one for each of `logged_names`."""
        return tuple(value for _, value in self._learned_values())

    def _learned_values(self) -> Iterator[tuple[str, Tensor]]:
        learned = {id(parameter) for parameter in self.learned_weights()}
        for name, parameter in self.named_parameters():
            if id(parameter) in learned:
                name = name.replace(".", "/")
                values = parameter.detach().flatten()
                for index in range(len(values)):
                    yield (f"{name}/{index}" if len(values) > 1 else name), values[index]

    def adversary(self) -> nn.Module | None:
        """A module with an optimiser of its own (FactorVAE's discriminator), or None.

        Its parameters are not among `learned_weights`."""
        return None

    def adversary_optimizer(self) -> dict[str, Any]:
        """Arguments of the adversary's Adam, such as {'lr': 1e-4, 'betas': (0.5, 0.9)}."""
        raise NotImplementedError(type(self).__name__)

    def adversary_loss(self, terms: Terms) -> Tensor:
        """The scalar loss of the adversary. `terms` belong to the same minibatch; gradients must
        not reach the network through them."""
        raise NotImplementedError(type(self).__name__)

    def learned_weights(self) -> list[nn.Parameter]:
        """Parameters that the network's Adam optimises."""
        adversary = self.adversary()
        excluded = {id(p) for p in adversary.parameters()} if adversary is not None else set()
        return [p for p in self.parameters() if id(p) not in excluded]


def kl_per_latent(mu_BL: Tensor, logvar_BL: Tensor) -> Tensor:
    """(L,): KL(N(mu, exp logvar) || N(0, 1)) per latent, mean over the batch, in nats."""
    return -0.5 * (1 + logvar_BL - mu_BL.square() - logvar_BL.exp()).mean(dim=0)


def scalar(value: float) -> Tensor:
    """A float64 scalar, for a buffer that holds controller state."""
    return torch.tensor(value, dtype=torch.float64)
