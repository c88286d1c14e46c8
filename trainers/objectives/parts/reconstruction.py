"""The reconstruction error R of a minibatch, from the decoder's logits.

Shapes: B batch, C H W image."""

import torch.nn.functional as F
from torch import Tensor

from trainers.errors import ConfigError
from trainers.specs.models import RECONSTRUCTIONS


def reconstruction_error(logits_BCHW: Tensor, x_BCHW: Tensor, kind: str) -> Tensor:
    """(): the error summed over pixels and channels, mean over the batch, in float32.

    'mse': squared error of sigmoid(logits), without a factor 1/2, as in the thesis.
    'gaussian': squared error of the logits themselves, for values that are not in [0, 1].
    'bernoulli': cross entropy in nats, as in the code of ControlVAE and disentanglement_lib."""
    logits_BCHW = logits_BCHW.float()
    if kind == "mse":
        total = F.mse_loss(logits_BCHW.sigmoid(), x_BCHW, reduction="sum")
    elif kind == "gaussian":
        total = F.mse_loss(logits_BCHW, x_BCHW, reduction="sum")
    elif kind == "bernoulli":
        total = F.binary_cross_entropy_with_logits(logits_BCHW, x_BCHW, reduction="sum")
    else:
        raise ConfigError(
            f"reconstruction {kind!r} is unknown. Known: {', '.join(RECONSTRUCTIONS)}"
        )
    return total / x_BCHW.shape[0]
