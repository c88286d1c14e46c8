"""What every objective keeps besides the contract of tests/trainers/contracts, and single ones."""

import dataclasses

import pytest
import torch

from trainers.errors import ConfigError
from trainers.objectives import OBJECTIVES, build_objective
from trainers.specs.models import MODEL_ALIASES, MODELS

EVERY = pytest.mark.parametrize("name", OBJECTIVES)


def test_registry_and_specs_agree() -> None:
    assert list(OBJECTIVES) == list(MODELS)
    assert not set(MODEL_ALIASES) & set(OBJECTIVES)


@EVERY
def test_logged_values_are_those_of_the_latest_loss(toys, name: str) -> None:
    toy = toys.Toy(name)
    toy.objective.loss(toy.terms())
    before = toy.logged()
    for weight in toy.objective.learned_weights():
        weight.data += 0.5  # as the optimiser does after the loss
    assert toy.logged() == before


def test_only_factor_vae_needs_shuffled_latents() -> None:
    needing = {name for name in OBJECTIVES if build_objective(name, {}, 3, 16).needs_shuffle}
    assert needing == {"factor_vae"}


@pytest.mark.parametrize("name", ["beta_vae", "beta_tc_vae"])
def test_beta_1_is_bitwise_vae(toys, name: str) -> None:
    plain, weighted = toys.Toy("vae"), toys.Toy(name, beta=1.0)
    for _ in range(20):
        assert weighted.step() == plain.step()
    for ours, theirs in zip(weighted.weights(), plain.weights(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("name", ["mdl_vae_v2", "mdl_vae_v3"])
def test_inverse_variance_weights_stay_finite_for_inactive_latents(toys, name: str) -> None:
    # The KL of an inactive latent is exactly 0 here; with large steps sigma reaches and crosses 0.
    objective = build_objective(name, {}, 2, 16)
    adam = torch.optim.Adam(objective.learned_weights(), lr=0.03)
    terms = toys.fixed_terms(12.3, [2.0, 0.0])
    terms = dataclasses.replace(terms, recon=terms.recon.float(), kl_L=terms.kl_L.float())
    for _ in range(300):
        adam.zero_grad()
        loss = objective.loss(terms)
        loss.backward()
        adam.step()
        assert loss.isfinite()
    variance = objective.variance().detach()
    assert variance.isfinite().all() and variance[2] < 1e-3
    assert objective.weight(torch.zeros(3)).tolist() == pytest.approx([1e6] * 3)


def test_discriminator_weights_get_no_gradient_from_the_vae_loss(toys) -> None:
    toy = toys.Toy("factor_vae")
    toy.objective.loss(toy.terms()).backward()
    assert toy.encoder.grad is not None
    assert all(p.grad is None for p in toy.objective.adversary().parameters())
    toy.encoder.grad = None
    toy.objective.adversary_loss(toy.terms()).backward()
    assert toy.encoder.grad is None
    assert all(p.grad is not None for p in toy.objective.adversary().parameters())


def test_initial_discriminator_is_a_function_of_the_seed() -> None:
    torch.manual_seed(1)
    first = build_objective("factor_vae", {}, 3, 16, seed=5).state_dict()
    position = torch.rand(1)
    torch.manual_seed(1)
    assert torch.equal(position, torch.rand(1))  # building drew nothing from the global stream
    same = build_objective("factor_vae", {}, 3, 16, seed=5).state_dict()
    other = build_objective("factor_vae", {}, 3, 16, seed=6).state_dict()
    assert all(torch.equal(first[key], same[key]) for key in first)
    key = "discriminator.layers.0.weight"
    assert not torch.equal(first[key], other[key])


def test_all_mistakes_are_reported_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        build_objective("control_vae", {"kp": 1, "Ki": 0.001}, 3, 16)
    assert 'parameter "kp" is unknown. Did you mean "Kp"?' in str(caught.value)
    assert "Ki = 0.001: must be at most 0" in str(caught.value)
    with pytest.raises(ConfigError, match='model "betavae" is unknown. Did you mean "beta_vae"'):
        build_objective("betavae", {}, 3, 16)
    with pytest.raises(ConfigError, match="alias"):
        build_objective("mdl_vae_auto", {}, 3, 16)
