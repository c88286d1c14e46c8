"""ControlVAE and DynamicVAE as objectives: state, target, and recovery from the lower bound."""

import dataclasses

import pytest
import torch

from trainers.objectives import build_objective
from trainers.objectives.parts.controllers import Ramp


def betas(objective, toys, kls: list[float], first_iteration: int = 1) -> list[float]:
    found = []
    for iteration, kl in enumerate(kls, start=first_iteration):
        terms = dataclasses.replace(toys.fixed_terms(1.0, [kl]), iteration=torch.tensor(iteration))
        loss = objective.loss(terms)
        beta, _ = objective.logged_values()
        assert loss.item() == pytest.approx(1.0 + beta.item() * kl)
        found.append(beta.item())
    return found


def test_defaults_are_the_released_ones_with_the_thesis_constants() -> None:
    control = build_objective("control_vae", {}, 1, 16)
    assert control.target == Ramp(0.5, 0.15, 5000, 1, 18.0)
    assert (control.gains.Kp, control.gains.Ki, control.gains.beta_min) == (0.01, -0.001, 1.0)
    assert control.gains.released_windup
    dynamic = build_objective("dynamic_vae", {}, 1, 16)
    assert dynamic.target == Ramp(0.5, 0.15, 6000, 1000, 18.0)
    assert (dynamic.gains.Kp, dynamic.gains.Ki, dynamic.gains.beta_min) == (0.01, -0.005, 0.1)
    assert dynamic.weight == 150.0 and dynamic.history_T.tolist() == [0.0] * 5


def test_beta_leaves_its_bound_with_a_constant_target(toys) -> None:
    # As in test_controllers: 18 nats below target, then 22 above it.
    control = build_objective("control_vae", {"target": {"constant": 18}}, 1, 16)
    assert betas(control, toys, [0.0, 40.0, 40.0]) == pytest.approx([1.0, 1.014, 1.036], abs=1e-9)
    assert control.logged_names() == ("beta", "target/kl")
    assert control.target_nats == 18.0


def test_target_follows_the_iteration_not_the_history(toys) -> None:
    control = build_objective("control_vae", {}, 1, 16)
    betas(control, toys, [1.0], first_iteration=10_000)
    assert control.target_nats.item() == pytest.approx(0.8)


def test_dynamic_starts_at_beta_0_and_falls(toys) -> None:
    # KL 0 throughout: e = 0.5, dI = -0.0025 a step and one dP = 0.01 (s(0.5) - 1/2) = -0.0012246.
    dynamic = build_objective("dynamic_vae", {}, 1, 16)
    found = betas(dynamic, toys, [0.0] * 3)
    start = 150 - 0.0012246
    assert found == pytest.approx([start - 0.0025, start - 0.005, start - 0.0075], abs=1e-6)


def test_no_gradient_flows_through_beta(toys) -> None:
    control = build_objective("control_vae", {}, 1, 16)
    kl_L = torch.tensor([30.0], dtype=torch.float64, requires_grad=True)
    terms = dataclasses.replace(toys.fixed_terms(1.0, [30.0]), kl_L=kl_L)
    control.loss(terms).backward()
    assert kl_L.grad.item() == control.beta.item()


def test_state_is_float64_and_in_the_state_dict() -> None:
    control = build_objective("control_vae", {}, 1, 16).state_dict()
    dynamic = build_objective("dynamic_vae", {}, 1, 16).state_dict()
    assert set(control) == {"integral", "weight", "beta"}
    assert set(dynamic) == {"weight", "error", "history_T", "beta"}
    assert all(v.dtype == torch.float64 for v in (*control.values(), *dynamic.values()))
