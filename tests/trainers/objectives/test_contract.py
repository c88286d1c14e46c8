"""The contract of an objective, checked for every entry of the registry."""

import dataclasses
import io

import pytest
import torch

from trainers.errors import ConfigError
from trainers.objectives import OBJECTIVES, Terms, build_objective, kl_per_latent
from trainers.specs.models import MODEL_ALIASES, MODELS

EVERY = pytest.mark.parametrize("name", OBJECTIVES)


def test_registry_and_specs_agree() -> None:
    assert list(OBJECTIVES) == list(MODELS)
    assert not set(MODEL_ALIASES) & set(OBJECTIVES)


@EVERY
@pytest.mark.parametrize("logvar", [-30.0, 0.0, 30.0])
def test_finite_loss_and_gradients(toys, name: str, logvar: float) -> None:
    objective = build_objective(name, {}, 3, 16)
    mu_BL = torch.linspace(-5, 5, 24).reshape(8, 3).requires_grad_()
    logvar_BL = torch.full((8, 3), logvar).requires_grad_()
    z_BL = mu_BL + (logvar_BL / 2).exp() * torch.linspace(-2, 2, 24).reshape(8, 3)
    recon = z_BL.sigmoid().square().sum()
    terms = Terms(recon, kl_per_latent(mu_BL, logvar_BL), mu_BL, logvar_BL, z_BL, torch.tensor(1))
    loss = objective.loss(terms)
    loss.backward()
    assert loss.isfinite()
    for tensor in (mu_BL, logvar_BL, *objective.learned_weights()):
        assert tensor.grad is not None and tensor.grad.isfinite().all()
    assert all(value.isfinite() for value in objective.logged_values())


@EVERY
def test_a_restored_state_continues_bitwise(toys, name: str) -> None:
    straight = toys.Toy(name)
    for _ in range(5):
        straight.step()
    file = io.BytesIO()
    optimizers = [o for o in (straight.adam, straight.adversary_adam) if o is not None]
    state = {
        "net": [straight.encoder.detach(), straight.decoder.detach()],
        "objective": straight.objective.state_dict(),
        "optimizers": [o.state_dict() for o in optimizers],
    }
    torch.save(state, file)
    file.seek(0)
    state = torch.load(file, weights_only=True)

    resumed = toys.Toy(name)
    resumed.step()  # changes state that the restored one must replace
    resumed.encoder.data.copy_(state["net"][0])
    resumed.decoder.data.copy_(state["net"][1])
    resumed.objective.load_state_dict(state["objective"])
    optimizers = [o for o in (resumed.adam, resumed.adversary_adam) if o is not None]
    for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    resumed.steps_done = 5

    for _ in range(5):
        assert resumed.step() == straight.step()
        assert resumed.logged() == straight.logged()
    for ours, theirs in zip(resumed.weights(), straight.weights(), strict=True):
        assert torch.equal(ours, theirs)


@EVERY
def test_nothing_is_read_back_to_the_host(toys, name: str) -> None:
    # Meta tensors have no values: .item(), float() or `if tensor` on one of them raises.
    toy = toys.Toy(name)
    objective = toy.objective.to("meta")
    fields = vars(toy.terms())
    terms = Terms(**{key: value.to("meta") for key, value in fields.items()})
    loss = objective.loss(terms)
    assert loss.is_meta and loss.shape == ()
    assert all(value.is_meta and value.shape == () for value in objective.logged_values())
    if objective.adversary() is not None:
        assert objective.adversary_loss(terms).is_meta


@EVERY
def test_logged_values_are_detached_scalars(toys, name: str) -> None:
    toy = toys.Toy(name)
    toy.step()
    names, values = toy.objective.logged_names(), toy.objective.logged_values()
    assert len(names) == len(values) == len(set(names))
    assert all(value.shape == () and not value.requires_grad for value in values)


@EVERY
def test_logged_values_are_those_of_the_latest_loss(toys, name: str) -> None:
    toy = toys.Toy(name)
    toy.objective.loss(toy.terms())
    before = toy.logged()
    for weight in toy.objective.learned_weights():
        weight.data += 0.5  # as the optimiser does after the loss
    assert toy.logged() == before


@EVERY
def test_eval_mode_changes_no_state(toys, name: str) -> None:
    toy = toys.Toy(name)
    toy.step()
    before = {key: value.clone() for key, value in toy.objective.state_dict().items()}
    toy.objective.eval()
    toy.objective.loss(toy.terms())
    after = toy.objective.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items())


@EVERY
def test_learned_weights_and_adversary_do_not_overlap(toys, name: str) -> None:
    objective = build_objective(name, {}, 3, 16)
    adversary = objective.adversary()
    foreign = list(adversary.parameters()) if adversary is not None else []
    ours = objective.learned_weights()
    assert len(ours) + len(foreign) == len(list(objective.parameters()))
    assert not {id(p) for p in ours} & {id(p) for p in foreign}
    assert objective.needs_shuffle == (name == "factor_vae")


@EVERY
def test_one_latent_is_enough(toys, name: str) -> None:
    mu_BL = torch.linspace(-1, 1, 4)[:, None]
    kl_L = kl_per_latent(mu_BL, mu_BL)
    terms = Terms(torch.tensor(3.0), kl_L, mu_BL, mu_BL, mu_BL, torch.tensor(1))
    assert build_objective(name, {}, 1, 16).loss(terms).isfinite()


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
