"""DynamicVAE: an incremental PI controller that lowers beta from a large value.

Shapes: T window of the moving average."""

from collections.abc import Mapping

import torch
from torch import Tensor

from trainers.objectives.base import scalar
from trainers.objectives.control_vae import ControlledVAE
from trainers.objectives.parts.controllers import DynamicState, dynamic_step
from trainers.specs.parameters import Value


class DynamicVAE(ControlledVAE):
    """Shao et al. 2022 with the released target: +0.15 nats over the first 1000 of every 6000
    iterations.

        loss = R + beta(t) KL;  e = target - mean of the last T KLs
        W += Kp (s(e) - s(e_previous)) + Ki e;  s(e) = 1 / (1 + exp e);  beta = max(beta_min, W)

    beta starts at 150, the thesis's value; the released dSprites code starts at 50. The window T
    is 5, as in the authors' run script."""

    weight: Tensor
    error: Tensor
    history_T: Tensor

    def __init__(self, params: Mapping[str, Value], latent_dim: int, num_pixels: int) -> None:
        super().__init__(params, latent_dim, num_pixels)
        beta_0 = float(params["beta_0"])
        self.register_buffer("weight", scalar(beta_0))
        self.register_buffer("error", scalar(0.0))
        self.register_buffer("history_T", torch.zeros(int(params["window"]), dtype=torch.float64))
        self.register_buffer("beta", scalar(max(beta_0, self.gains.beta_min)))

    def step(self, kl: Tensor, target: Tensor) -> Tensor:
        state = DynamicState(self.weight, self.error, self.history_T)
        beta, state = dynamic_step(torch, state, kl, target, self.gains)
        self.weight.copy_(state.weight)
        self.error.copy_(state.error)
        self.history_T.copy_(state.history_T)
        return beta
