"""Refused images, layers of Table 3.1. The contract is in tests/trainers/contracts."""

import pytest
import torch
from torch import nn

from trainers.errors import ConfigError
from trainers.networks import NETWORKS, build_network
from trainers.specs.datasets import DATASETS
from trainers.specs.networks import NETWORKS as SPECS

SIZED = pytest.mark.parametrize("name", [name for name in NETWORKS if name != "mlp"])


def test_registry_and_specs_agree() -> None:
    assert list(NETWORKS) == list(SPECS)


def test_each_datasets_default_network_accepts_its_images() -> None:
    for spec in DATASETS.values():
        assert SPECS[spec.network].takes(*spec.image_CHW[1:])


def test_mlp_takes_any_image() -> None:
    network = build_network("mlp", (2, 5, 3), 4, seed=0)
    mu_BL, _ = network.encode(torch.zeros(2, 2, 5, 3))
    assert network.decode(mu_BL).shape == (2, 2, 5, 3)


def layers(module: nn.Module) -> list[str]:
    found = []
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            found.append(f"FC({layer.out_features})")
        elif isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            kind = "Conv" if isinstance(layer, nn.Conv2d) else "ConvT"
            height, width = layer.kernel_size
            found.append(f"{kind}({layer.out_channels}x{height}x{width}, {layer.stride[0]})")
    return found


def test_mlp_is_table_3_1() -> None:
    network = build_network("mlp", (1, 8, 8), 5, seed=0)
    assert layers(network.encoder) == ["FC(1200)", "FC(1200)", "FC(10)"]
    assert layers(network.decoder) == ["FC(1200)", "FC(1200)", "FC(64)"]


@pytest.mark.parametrize(("size", "start"), [(64, (256, 1, 1)), (128, (64, 2, 2))])
def test_cnn_is_table_3_1(size: int, start: tuple[int, int, int]) -> None:
    network = build_network("cnn", (3, size, size), 7, seed=0)
    assert layers(network.encoder) == [
        "Conv(32x4x4, 2)",
        "Conv(32x4x4, 2)",
        "Conv(64x4x4, 2)",
        "Conv(64x4x4, 2)",
        "Conv(32x4x4, 1)",
        "FC(14)",
    ]
    assert layers(network.decoder) == [
        "FC(256)",
        "ConvT(64x4x4, 2)",
        "ConvT(64x4x4, 2)",
        "ConvT(32x4x4, 2)",
        "ConvT(32x4x4, 2)",
        "ConvT(3x4x4, 2)",
        "ConvT(3x4x4, 2)",
    ]
    unflatten = next(m for m in network.decoder if isinstance(m, nn.Unflatten))
    assert tuple(unflatten.unflattened_size) == start


@SIZED
def test_unsupported_image_sizes_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="64x64 or 128x128 pixels, not 32x32; these fit: mlp"):
        build_network(name, (1, 32, 32), 4, seed=0)
    with pytest.raises(ConfigError, match="not 64x128"):
        build_network(name, (1, 64, 128), 4, seed=0)


def test_all_mistakes_are_reported_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        build_network("mpl", (1, 64, 64), 0, seed=0)
    assert 'network "mpl" is unknown. Did you mean "mlp"?' in str(caught.value)
    assert "latent_dim = 0: must be at least 1" in str(caught.value)


@pytest.mark.parametrize("size", [64, 128])
def test_the_three_channel_layer_of_the_cnn_starts_active(size: int) -> None:
    # With all three channels at 0, every image would always decode to the same one.
    z_BL = torch.linspace(-2, 2, 28).view(4, 7)
    for seed in range(20):
        decoder = build_network("cnn", (3, size, size), 7, seed).decoder
        with torch.no_grad():
            hidden_BCHW = decoder[:-1](z_BL)
        assert hidden_BCHW.shape[1] == 3
        assert (hidden_BCHW > 0).any(dim=0).flatten(1).any(dim=1).all(), f"seed {seed}"
