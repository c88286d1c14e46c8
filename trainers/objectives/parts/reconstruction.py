"""The reconstruction error R of a minibatch, from the decoder's logits.

Shapes: B batch, C H W image."""

from typing import Literal

import torch.nn.functional as F
from torch import Tensor

from trainers.errors import ConfigError

Reconstruction = Literal["mse", "bernoulli"]
RECONSTRUCTIONS: tuple[Reconstruction, ...] = ("mse", "bernoulli")


def reconstruction_error(logits_BCHW: Tensor, x_BCHW: Tensor, kind: Reconstruction) -> Tensor:
    """(): the error summed over pixels and channels, mean over the batch, in float32.

    'mse': squared error of sigmoid(logits), without the factor 1/2, as the thesis's numbers are.
    'bernoulli': cross entropy in nats, as the ControlVAE and disentanglement_lib codes use."""
    logits_BCHW = logits_BCHW.float()
    if kind == "mse":
        total = F.mse_loss(logits_BCHW.sigmoid(), x_BCHW, reduction="sum")
    elif kind == "bernoulli":
        total = F.binary_cross_entropy_with_logits(logits_BCHW, x_BCHW, reduction="sum")
    else:
        raise ConfigError(
            f"reconstruction {kind!r} is unknown. Known: {', '.join(RECONSTRUCTIONS)}"
        )
    return total / x_BCHW.shape[0]
