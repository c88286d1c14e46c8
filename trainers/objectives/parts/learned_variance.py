"""Weights that are learned with the network: sigma^2 under either parametrisation."""

import torch
from torch import Tensor, nn


class LearnedVariance(nn.Module):
    """A vector of sigma^2, each starting at 1 and moved by the network's own Adam.

    parametrisation 'sigma': the parameter is sigma itself, as the thesis says, so it may change
    sign, which means nothing since only sigma^2 is used. 'log_variance': the parameter is
    log sigma^2, Kendall et al. 2018; sigma then stays positive and moves in proportion."""

    def __init__(self, size: int, parametrisation: str) -> None:
        super().__init__()
        self.is_log = parametrisation == "log_variance"
        self.weights = nn.Parameter(torch.zeros(size) if self.is_log else torch.ones(size))

    def forward(self) -> Tensor:
        """(size,): sigma^2."""
        return self.weights.exp() if self.is_log else self.weights.square()


def inverse_variance(variance: Tensor, epsilon: float) -> Tensor:
    """1 / (sigma^2 + epsilon): the weight of a term, at most 1 / epsilon.

    A term that vanishes drives its sigma to 0, and 1 / sigma^2 past every float."""
    return (variance + epsilon).reciprocal()
