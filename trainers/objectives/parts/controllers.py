"""The controllers of ControlVAE and DynamicVAE as pure state machines.

Each step is a function (state, KL, target) -> (beta, state) over an array namespace `xp`, numpy or
torch, in float64. Nothing branches on a value or reads one back to the host, so the code that is
tested with plain numbers is the code that a captured CUDA graph runs.

Sign convention, as in the released code: the integral changes by Ki * error with
error = target - KL and Ki < 0, so a KL above its target raises beta. Thesis eq. 2.7 prints "- Ki"
with the same negative Ki; together these two would give the feedback the wrong sign.

Shapes: T the window of the moving average; everything else is a scalar."""

from dataclasses import dataclass
from typing import Any, NamedTuple

Array = Any  # numpy or torch, float64


@dataclass(frozen=True)
class Ramp:
    """A target that rises from `start_nats` to `cap_nats` by `step_nats` in each `period`.

    From iteration `period` on, each period begins with a rise over `ramp_steps` iterations; for
    the rest of the period the target is constant. With ramp_steps 1 the target is a staircase."""

    start_nats: float
    step_nats: float
    period: int
    ramp_steps: int
    cap_nats: float

    def at(self, xp: Any, iteration: Array) -> Array:
        """The target in nats at `iteration` (float64, from 1)."""
        part = xp.clip((iteration % self.period + 1) / self.ramp_steps, None, 1.0)
        climbs = iteration // self.period - 1 + part  # negative in the first period
        nats = self.start_nats + self.step_nats * climbs
        return xp.clip(xp.clip(nats, self.start_nats, None), None, self.cap_nats)


@dataclass(frozen=True)
class Gains:
    """The constants of a controller.

    released_windup: the published rule, which freezes the integral whenever the previous unclamped
    beta was below `beta_min`. It is suited to a target that starts near 0. With a constant target
    the first error is large, beta falls below the bound at once, and the frozen integral keeps it
    there. False: freeze only if the error pushes beta further below the bound."""

    Kp: float
    Ki: float
    beta_min: float
    released_windup: bool

    def frozen(self, weight: Array, error: Array) -> Array:
        """Whether the integral is frozen. Ki <= 0, so error > 0 lowers beta."""
        below = weight < self.beta_min
        return below if self.released_windup else below & (error > 0)


class ControlState(NamedTuple):
    """integral: sum of Ki * error.  weight: the latest beta before the lower bound is applied."""

    integral: Array
    weight: Array


def control_step(
    xp: Any, state: ControlState, kl: Array, target: Array, gains: Gains
) -> tuple[Array, ControlState]:
    """One step of ControlVAE's positional PI controller.

        e = target - KL;  I += Ki e;  W = Kp / (1 + exp e) + beta_min + I;  beta = max(W, beta_min)

    Shao et al. 2020, as in the authors' `Disentangling/P_PID.py`. No upper bound."""
    error = target - kl
    frozen = gains.frozen(state.weight, error)
    integral = xp.where(frozen, state.integral, state.integral + gains.Ki * error)
    weight = gains.Kp * _falling(xp, error) + gains.beta_min + integral
    return xp.clip(weight, gains.beta_min, None), ControlState(integral, weight)


class DynamicState(NamedTuple):
    """weight: the latest beta before the lower bound is applied.  error: the latest error.
    history_T: the last T batch KLs, oldest first."""

    weight: Array
    error: Array
    history_T: Array


def dynamic_step(
    xp: Any, state: DynamicState, kl: Array, target: Array, gains: Gains
) -> tuple[Array, DynamicState]:
    """One step of DynamicVAE's incremental PI controller on a moving average of the KL.

        e = target - mean of the last T KLs
        W += Kp (s(e) - s(e_previous)) + Ki e;  s(e) = 1 / (1 + exp e);  beta = max(W, beta_min)

    Shao et al. 2022, as in the authors' `2D-sprites/I_PID.py`: the weights of thesis eq. 2.8 are
    uniform, and the history starts with zeros, so the first T - 1 means are low. No upper bound."""
    history_T = xp.concatenate((state.history_T[1:], kl[None]))
    error = target - history_T.mean()
    proportional = gains.Kp * (_falling(xp, error) - _falling(xp, state.error))
    moved = state.weight + proportional
    weight = xp.where(gains.frozen(state.weight, error), moved, moved + gains.Ki * error)
    return xp.clip(weight, gains.beta_min, None), DynamicState(weight, error, history_T)


def _falling(xp: Any, error: Array) -> Array:
    """1 / (1 + exp e): near 1 for a KL far above its target, near 0 for one far below."""
    return 1 / (1 + xp.exp(error))
