"""Variances that are learned with the network, under one of two parametrisations."""

import torch
from torch import Tensor, nn


class LearnedVariance(nn.Module):
    """A vector of sigma^2. Each starts at 1 and is optimised by the network's Adam.

    parametrisation 'sigma': the parameter is sigma, as in the thesis. It may change its sign, which
    has no effect since only sigma^2 is used. 'log_variance': the parameter is log sigma^2, as in
    Kendall et al. 2018; sigma then stays positive and its steps are relative to its size."""

    def __init__(self, size: int, parametrisation: str) -> None:
        super().__init__()
        self.is_log = parametrisation == "log_variance"
        self.weights = nn.Parameter(torch.zeros(size) if self.is_log else torch.ones(size))

    def forward(self) -> Tensor:
        """(size,): sigma^2."""
        return self.weights.exp() if self.is_log else self.weights.square()


def inverse_variance(variance: Tensor, epsilon: float) -> Tensor:
    """1 / (sigma^2 + epsilon): the weight of a term, at most 1 / epsilon.

    A term that vanishes drives its sigma to 0, and 1 / sigma^2 to infinity."""
    return (variance + epsilon).reciprocal()
