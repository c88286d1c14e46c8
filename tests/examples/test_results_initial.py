"""The own code of examples/results_initial.yaml: other initial weights, another epsilon of Adam."""

from math import sqrt
from pathlib import Path

import pytest
import torch
from torch import nn

from sweeper.grid import load_grid
from sweeper.planning.plan import make_plan
from trainers.config import TrainingConfig
from trainers.networks import build_network
from trainers.own_code.registry import use
from trainers.running import step as step_module
from trainers.running.step import TrainStep

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
IMAGE = (1, 8, 8)


def layers(network: str) -> list[nn.Linear]:
    modules = build_network(network, IMAGE, 5, seed=0).modules()
    return [module for module in modules if isinstance(module, nn.Linear)]


@pytest.mark.parametrize("network", ["mlp_xavier", "mlp_kaiming"])
def test_weights_have_the_spread_of_the_rule_and_biases_are_0(network: str) -> None:
    use("initial_weights.py", EXAMPLES)
    found, of_mlp = layers(network), layers("mlp")
    assert [layer.weight.shape for layer in found] == [layer.weight.shape for layer in of_mlp]
    for layer in found:
        outputs, inputs = layer.weight.shape
        variance = 2 / (inputs + outputs) if network == "mlp_xavier" else 2 / inputs
        assert layer.weight.std().item() == pytest.approx(sqrt(variance), rel=0.05)
        assert not layer.bias.any()


def weights_after(model: str, params: dict[str, float], steps: int = 20) -> torch.Tensor:
    config = TrainingConfig(
        dataset="dsprites",
        source="rendered",
        model=model,
        params=params,
        network="mlp",
        latent_dim=3,
        batch_size=8,
        learning_rate=1e-3,
    )
    training = TrainStep(config, IMAGE, 1 / 255, torch.device("cpu"))
    stream = torch.Generator().manual_seed(0)
    for number in range(1, steps + 1):
        images = torch.randint(0, 256, (8, *IMAGE), generator=stream, dtype=torch.uint8)
        training.step(images, torch.randn(8, 3, generator=stream), torch.tensor(number))
    return torch.cat([weight.detach().flatten() for weight in training.network.parameters()])


def test_epsilon_vae_takes_the_steps_of_an_adam_with_that_epsilon(monkeypatch) -> None:
    use("adam_epsilon.py", EXAMPLES)
    found = weights_after("epsilon_vae", {"epsilon": 1e-2})
    usual = weights_after("vae", {})
    monkeypatch.setattr(step_module, "_EPS", 1e-2)
    expected = weights_after("vae", {})
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    assert (found - usual).abs().max() > 1e-3


def test_the_grid_differs_from_the_vae_of_results_causes_in_one_thing_at_a_time() -> None:
    cells = make_plan(load_grid(EXAMPLES / "results_initial.yaml")).cells
    base = make_plan(load_grid(ROOT / "grids" / "results_causes.yaml")).cells[0].config
    for cell in cells:
        config = cell.config
        assert (config.batch_size, config.learning_rate) == (base.batch_size, base.learning_rate)
        assert (config.network == "mlp") != (config.model == "vae")
        assert config.evaluation == base.evaluation and config.latent_dim == base.latent_dim


def test_the_long_grid_is_that_of_the_seeds_with_other_weights() -> None:
    found = make_plan(load_grid(EXAMPLES / "results_xavier.yaml")).cells
    seeds = make_plan(load_grid(ROOT / "grids" / "results_seeds.yaml")).cells
    assert max(cell.iterations for cell in found) == 50_000
    assert {cell.config.seed for cell in found} == {0, 1, 2}
    assert {cell.config.network for cell in found} == {"mlp_xavier"}
    for cell in found:
        assert cell.config.learning_rate == seeds[0].config.learning_rate
        assert cell.config.batch_size == seeds[0].config.batch_size
