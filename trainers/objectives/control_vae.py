"""ControlVAE: a PI controller that holds the KL at a target by changing beta."""

from collections.abc import Mapping

import torch
from torch import Tensor

from trainers.objectives.base import Objective, Terms, scalar
from trainers.objectives.parts.controllers import ControlState, Gains, Ramp, control_step
from trainers.specs.parameters import Value, parse_target


class ControlledVAE(Objective):
    """Base of ControlVAE and DynamicVAE: a target, gains, and a beta updated before each step.

        loss = R + beta(t) KL

    Thesis eq. 2.6. The controller reads the KL of the current batch before the backward pass, and
    no gradient flows through beta. With a ramp the anti-windup rule is the released one; with a
    constant target it is the safe one (see `controllers.Gains`). At 300,000 iterations the ramp has
    reached 9.5 nats (ControlVAE) or 7.85 (DynamicVAE), not its cap of 18. No epsilon."""

    target_nats: Tensor
    beta: Tensor

    def __init__(self, params: Mapping[str, Value], latent_dim: int, num_pixels: int) -> None:
        super().__init__(params, latent_dim, num_pixels)
        kind, nats = parse_target(str(params["target"]))
        self.target = nats if kind == "constant" else _ramp(params, nats)
        self.gains = Gains(
            Kp=float(params["Kp"]),
            Ki=float(params["Ki"]),
            beta_min=float(params["beta_min"]),
            released_windup=kind == "ramp",
        )
        self.register_buffer("target_nats", scalar(0.0), persistent=False)

    def step(self, kl: Tensor, target: Tensor) -> Tensor:
        """(): beta for this batch. Updates the controller's state."""
        raise NotImplementedError(type(self).__name__)

    def loss(self, terms: Terms) -> Tensor:
        kl = terms.kl
        if self.training:
            with torch.no_grad():
                self._advance(kl.detach().double(), terms.iteration.double())
        return terms.recon + self.beta.to(kl.dtype) * kl

    def _advance(self, kl: Tensor, iteration: Tensor) -> None:
        if isinstance(self.target, Ramp):
            self.target_nats.copy_(self.target.at(torch, iteration))
        else:
            self.target_nats.fill_(self.target)
        self.beta.copy_(self.step(kl, self.target_nats))

    def logged_names(self) -> tuple[str, ...]:
        return ("beta", "target/kl")

    def logged_values(self) -> tuple[Tensor, ...]:
        return self.beta, self.target_nats


class ControlVAE(ControlledVAE):
    """Shao et al. 2020 with the released target ramp, +0.15 nats every 5000 iterations.

        loss = R + beta(t) KL
        e = target - KL;  I += Ki e;  beta = max(beta_min, Kp / (1 + exp e) + beta_min + I)

    The integral starts at 0, which is the thesis's "beta initialised with 0". beta itself starts
    at its lower bound beta_min = 1, which the released disentanglement code hard-codes."""

    integral: Tensor
    weight: Tensor

    def __init__(self, params: Mapping[str, Value], latent_dim: int, num_pixels: int) -> None:
        super().__init__(params, latent_dim, num_pixels)
        self.register_buffer("integral", scalar(0.0))
        self.register_buffer("weight", scalar(self.gains.beta_min))
        self.register_buffer("beta", scalar(self.gains.beta_min))

    def step(self, kl: Tensor, target: Tensor) -> Tensor:
        state = ControlState(self.integral, self.weight)
        beta, state = control_step(torch, state, kl, target, self.gains)
        self.integral.copy_(state.integral)
        self.weight.copy_(state.weight)
        return beta


def _ramp(params: Mapping[str, Value], cap_nats: float) -> Ramp:
    return Ramp(
        start_nats=float(params["ramp_start_nats"]),
        step_nats=float(params["ramp_step_nats"]),
        period=int(params["ramp_period"]),
        ramp_steps=int(params.get("ramp_steps", 1)),
        cap_nats=cap_nats,
    )
