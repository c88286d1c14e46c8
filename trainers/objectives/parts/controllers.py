"""The controllers of ControlVAE and DynamicVAE as pure state machines.

Each step is a function (state, KL, target) -> (beta, state) over an array namespace `xp`, numpy or
torch, in float64. Nothing branches on a value or reads one back to the host, so the code tested
with plain numbers is the code that runs inside a captured CUDA graph.

Sign convention, that of the released code: the integral gains Ki * error with error = target - KL
and Ki < 0, so a KL above its target raises beta. Thesis eq. 2.7 prints "- Ki" beside the same
negative Ki; taken together these two would feed the error back with the wrong sign.

Shapes: T the window of the moving average; everything else is a scalar."""

from dataclasses import dataclass
from typing import Any, NamedTuple

Array = Any  # numpy or torch, float64


@dataclass(frozen=True)
class Ramp:
    """A target that climbs from `start_nats` to `cap_nats`, `step_nats` at every `period`.

    From iteration `period` on, each period begins with a climb spread over `ramp_steps`
    iterations; the target is flat for the rest of it. ramp_steps 1 is a staircase."""

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
        return xp.clip(nats, self.start_nats, self.cap_nats)


@dataclass(frozen=True)
class Gains:
    """The constants of a controller.

    released_windup: the published rule, which freezes the integral whenever the previous unclamped
    beta was below `beta_min`. It suits a target that starts near 0. With a constant target the
    first error is large, beta falls below the bound at once and the frozen integral never lets it
    return. False: freeze only when the error pushes further into the bound."""

    Kp: float
    Ki: float
    beta_min: float
    released_windup: bool

    def frozen(self, weight: Array, error: Array) -> Array:
        """Whether the integral stays as it is. Ki <= 0, so error > 0 lowers beta."""
        below = weight < self.beta_min
        return below if self.released_windup else below & (error > 0)


class ControlState(NamedTuple):
    """integral: sum of Ki * error.  weight: the latest beta before its lower bound."""

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
    """weight: the latest beta before its lower bound.  error: the latest error.
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

    Shao et al. 2022, as in the authors' `2D-sprites/I_PID.py`: uniform weights in thesis eq. 2.8,
    and a history that starts with zeros, so the first T - 1 averages are low. No upper bound."""
    history_T = xp.concatenate((state.history_T[1:], kl[None]))
    error = target - history_T.mean()
    proportional = gains.Kp * (_falling(xp, error) - _falling(xp, state.error))
    moved = state.weight + proportional
    weight = xp.where(gains.frozen(state.weight, error), moved, moved + gains.Ki * error)
    return xp.clip(weight, gains.beta_min, None), DynamicState(weight, error, history_T)


def _falling(xp: Any, error: Array) -> Array:
    """1 / (1 + exp e): near 1 for a KL far above its target, near 0 far below."""
    return 1 / (1 + xp.exp(error))
