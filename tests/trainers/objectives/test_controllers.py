"""The controllers against values worked out by hand, with plain numpy numbers.

With ln 3 = 1.0986 the sigmoid s(e) = 1 / (1 + exp e) is exact: s(0) = 1/2, s(ln 3) = 1/4,
s(-ln 3) = 3/4."""

from math import log

import numpy as np
import pytest
import torch

from trainers.objectives.parts.controllers import (
    ControlState,
    DynamicState,
    Gains,
    Ramp,
    control_step,
    dynamic_step,
)

LN3 = log(3)
CONTROL = Gains(Kp=0.01, Ki=-0.001, beta_min=1.0, released_windup=True)
CONTROL_SAFE = Gains(Kp=0.01, Ki=-0.001, beta_min=1.0, released_windup=False)
DYNAMIC = Gains(Kp=0.01, Ki=-0.005, beta_min=0.1, released_windup=True)
DYNAMIC_SAFE = Gains(Kp=0.01, Ki=-0.005, beta_min=0.1, released_windup=False)
CONTROL_RAMP = Ramp(start_nats=0.5, step_nats=0.15, period=5000, ramp_steps=1, cap_nats=18.0)
DYNAMIC_RAMP = Ramp(start_nats=0.5, step_nats=0.15, period=6000, ramp_steps=1000, cap_nats=18.0)


def number(value: float) -> np.float64:
    return np.float64(value)


def run_control(gains: Gains, kls: list[float], target: float) -> tuple[list[float], ControlState]:
    state = ControlState(number(0.0), number(1.0))
    betas = []
    for kl in kls:
        beta, state = control_step(np, state, number(kl), number(target), gains)
        betas.append(float(beta))
    return betas, state


def run_dynamic(
    gains: Gains, kls: list[float], target: float, start: float, window: int
) -> tuple[list[float], DynamicState]:
    state = DynamicState(number(start), number(0.0), np.zeros(window))
    betas = []
    for kl in kls:
        beta, state = dynamic_step(np, state, number(kl), number(target), gains)
        betas.append(float(beta))
    return betas, state


@pytest.mark.parametrize("gains", [CONTROL, CONTROL_SAFE])
def test_control_three_steps_by_hand(gains: Gains) -> None:
    # target 2.  KL 2: e = 0, I = 0, P = 0.01/2 + 1.
    # KL 2 + ln 3: e = -ln 3, I = 0.001 ln 3, P = 0.0075 + 1.
    # KL 2 - ln 3: e = ln 3, I = 0.001 ln 3 - 0.001 ln 3 = 0, P = 0.0025 + 1.
    betas, state = run_control(gains, [2.0, 2.0 + LN3, 2.0 - LN3], target=2.0)
    assert betas == pytest.approx([1.005, 1.0075 + 0.001 * LN3, 1.0025], abs=1e-12)
    assert state.integral == pytest.approx(0.0, abs=1e-15)


def test_control_released_rule_locks_in_under_a_constant_target() -> None:
    # target 18, KL 0: e = 18, I = -0.018, P = 1 (to 1e-9), W = 0.982 < 1, so I is frozen from
    # here on, and P <= 0.01 + 1 cannot lift W to 1, whatever the KL.
    betas, state = run_control(CONTROL, [0.0] + [40.0] * 1000, target=18.0)
    assert betas == [1.0] * 1001
    assert state.integral == pytest.approx(-0.018, abs=1e-12)
    assert state.weight == pytest.approx(1.01 - 0.018, abs=1e-9)


def test_control_safe_rule_leaves_the_bound() -> None:
    # The same first step. Then e = 18 - 40 = -22: it pushes away from the bound, so I grows by
    # 0.022 a step: -0.018, 0.004, 0.026, 0.048; P = 1.01 since 1/(1+exp -22) = 1 to 1e-9.
    betas, _ = run_control(CONTROL_SAFE, [0.0, 40.0, 40.0, 40.0], target=18.0)
    assert betas == pytest.approx([1.0, 1.014, 1.036, 1.058], abs=1e-9)


def test_control_safe_rule_freezes_when_pushed_into_the_bound() -> None:
    # KL stays at 0: without the freeze I would be -0.018 * 500 = -9.
    _, state = run_control(CONTROL_SAFE, [0.0] * 500, target=18.0)
    assert state.integral == pytest.approx(-0.018, abs=1e-12)


def test_control_recovers_under_the_ramp_by_the_released_rule() -> None:
    # First target 0.5, KL 0: I = -0.0005; s(0.5) = 0.37754, P = 1.0037754: W stays above 1.
    betas, _ = run_control(CONTROL, [0.0, 10.0], target=0.5)
    assert betas[0] == pytest.approx(1.0032754, abs=1e-7)
    # e = -9.5: I = -0.0005 + 0.0095 = 0.009, s(-9.5) = 0.999925, P = 1.00999925.
    assert betas[1] == pytest.approx(1.01899925, abs=1e-7)


@pytest.mark.parametrize("gains", [DYNAMIC, DYNAMIC_SAFE])
def test_dynamic_three_steps_by_hand(gains: Gains) -> None:
    # target 3, T 2, W = 150.  KL 6: mean(0, 6) = 3, e = 0: W stays.
    # KL 2 ln 3: mean(6, 2 ln 3) = 3 + ln 3, e = -ln 3: dP = 0.01 (3/4 - 1/2), dI = 0.005 ln 3.
    # KL 6 - 4 ln 3: mean = 3 - ln 3, e = ln 3: dP = 0.01 (1/4 - 3/4), dI = -0.005 ln 3.
    kls = [6.0, 2 * LN3, 6 - 4 * LN3]
    betas, state = run_dynamic(gains, kls, target=3.0, start=150.0, window=2)
    assert betas == pytest.approx([150.0, 150.0025 + 0.005 * LN3, 149.9975], abs=1e-10)
    assert state.history_T.tolist() == kls[1:]
    assert state.error == pytest.approx(LN3)


def test_dynamic_average_starts_low() -> None:
    # T 5, four zeros and one KL of 10: mean 2; then 4, 6, 8, 10, 10.
    state = DynamicState(number(150.0), number(0.0), np.zeros(5))
    errors = []
    for _ in range(6):
        _, state = dynamic_step(np, state, number(10.0), number(0.0), DYNAMIC)
        errors.append(float(state.error))
    assert errors == pytest.approx([-2.0, -4.0, -6.0, -8.0, -10.0, -10.0])


def test_dynamic_bound_and_both_windup_rules() -> None:
    # W = 0.05 < 0.1.  Error +10: dI = 0 by both rules; dP = 0.01 (s(10) - 1/2) = -0.00499955.
    for gains in (DYNAMIC, DYNAMIC_SAFE):
        betas, state = run_dynamic(gains, [0.0], target=10.0, start=0.05, window=1)
        assert betas == [0.1]
        assert state.weight == pytest.approx(0.05 - 0.00499955, abs=1e-8)
    # Error -10: dP = +0.00499955; dI = 0.05 by the safe rule, 0 by the released one.
    _, released = run_dynamic(DYNAMIC, [20.0], target=10.0, start=0.05, window=1)
    _, safe = run_dynamic(DYNAMIC_SAFE, [20.0], target=10.0, start=0.05, window=1)
    assert released.weight == pytest.approx(0.05499955, abs=1e-8)
    assert safe.weight == pytest.approx(0.10499955, abs=1e-8)


def test_dynamic_released_rule_locks_in_under_a_constant_target() -> None:
    # From W = 1.03 with KL 0 and target 18: the first dP is -0.005, each dI -0.09, so W = 0.035
    # after 11 steps. It is below 0.1, so dI is 0 from there on, and all later dP together are at
    # most Kp = 0.01, whatever the KL.
    down_then_up = [0.0] * 20 + [40.0] * 500
    released, _ = run_dynamic(DYNAMIC, down_then_up, target=18.0, start=1.03, window=5)
    safe, _ = run_dynamic(DYNAMIC_SAFE, down_then_up, target=18.0, start=1.03, window=5)
    assert released[-1] == 0.1
    # By the safe rule e = -22 from when the average is 40: 0.11 a step, 500 steps.
    assert safe[-1] > 50.0


@pytest.mark.parametrize(
    ("iteration", "nats"),
    [(1, 0.5), (4999, 0.5), (5000, 0.65), (9999, 0.65), (10_000, 0.8)]
    + [(100_000, 3.5), (200_000, 6.5), (300_000, 9.5)]
    + [(584_999, 0.5 + 116 * 0.15), (585_000, 18.0), (1_500_000, 18.0)],
)
def test_control_ramp(iteration: int, nats: float) -> None:
    assert CONTROL_RAMP.at(np, number(iteration)) == pytest.approx(nats, abs=1e-9)


@pytest.mark.parametrize(
    ("iteration", "nats"),
    [(1, 0.5), (1000, 0.5), (5999, 0.5), (6000, 0.50015), (6499, 0.575), (6999, 0.65)]
    + [(7000, 0.65), (11_999, 0.65), (12_000, 0.65015), (299_999, 0.5 + 49 * 0.15)]
    + [(2_000_000, 18.0)],
)
def test_dynamic_ramp(iteration: int, nats: float) -> None:
    assert DYNAMIC_RAMP.at(np, number(iteration)) == pytest.approx(nats, abs=1e-9)


def test_ramp_is_what_the_released_loop_accumulates() -> None:
    # The released code adds step/ramp_steps in each iteration i >= window with i % window < steps.
    ramp = Ramp(start_nats=0.5, step_nats=0.15, period=60, ramp_steps=10, cap_nats=2.0)
    target = 0.5
    for iteration in range(1, 1000):
        if iteration % 60 < 10 and iteration >= 60:
            target = min(target + 0.15 / 10, 2.0)
        assert ramp.at(np, number(iteration)) == pytest.approx(target, abs=1e-12)


def test_torch_and_numpy_give_the_same_numbers() -> None:
    kls = np.random.default_rng(0).gamma(2.0, 5.0, size=200)
    control = ControlState(number(0.0), number(1.0))
    dynamic = DynamicState(number(150.0), number(0.0), np.zeros(5))
    control_t = ControlState(*(torch.tensor(float(v), dtype=torch.float64) for v in control))
    dynamic_t = DynamicState(*(torch.as_tensor(v, dtype=torch.float64) for v in dynamic))
    for iteration, kl in enumerate(kls, start=4990):
        target = CONTROL_RAMP.at(np, number(iteration))
        kl_t = torch.tensor(kl, dtype=torch.float64)
        at = torch.tensor(float(iteration), dtype=torch.float64)
        target_t = CONTROL_RAMP.at(torch, at)
        beta, control = control_step(np, control, kl, target, CONTROL)
        beta_t, control_t = control_step(torch, control_t, kl_t, target_t, CONTROL)
        assert beta_t.item() == pytest.approx(float(beta), rel=1e-13)
        beta, dynamic = dynamic_step(np, dynamic, kl, target, DYNAMIC)
        beta_t, dynamic_t = dynamic_step(torch, dynamic_t, kl_t, target_t, DYNAMIC)
        assert beta_t.item() == pytest.approx(float(beta), rel=1e-13)
