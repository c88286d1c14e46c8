"""A network of a user's own is described for load.py only where that computes the same."""

import pytest

from sweeper.weights.layers import UnsupportedLayer
from sweeper.weights.rebuilt import description
from trainers.networks import NETWORKS, build_network
from trainers.own_code.registry import use
from trainers.saving.trained_network import Weights

NETWORK = """
from torch import nn
from trainers.interface import AutoEncoder, NetworkSpec

class Mine(AutoEncoder):
    spec = NetworkSpec("mine")

    def __init__(self, image_CHW, latent_dim):
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(12, 2 * latent_dim))
        self.decoder = nn.Sequential(nn.Linear(latent_dim, 12), nn.Unflatten(1, image_CHW))
"""
ENCODE = """
    def encode(self, x_BCHW):
        return super().encode(2 * x_BCHW)
"""


def weights(network, digest=None):
    state = build_network(network, (1, 3, 4), 2, seed=0).state_dict()
    identity = {"reconstruction": "bernoulli"} | ({"code": {"network": digest}} if digest else {})
    about = {"network": network, "image_CHW": (1, 3, 4), "latent_dim": 2, "scale": 1 / 255}
    return Weights(state, about | {"identity": identity})


def own(tmp_path, text):
    (tmp_path / "mine.py").write_text(text)
    return weights("mine", use("./mine.py", tmp_path).digest)


def test_layers_of_torch_in_a_row_are_described(tmp_path):
    found = description(own(tmp_path, NETWORK))
    assert [layer["kind"] for layer in found["encoder"]] == ["Flatten", "Linear"]
    assert "mlp" in NETWORKS and description(weights("mlp"))["scale"] == 1 / 255


@pytest.mark.parametrize(
    "text, said",
    [
        (NETWORK + ENCODE, "its layers in a row give other values than the network"),
        (NETWORK.replace("2 * latent_dim)", "2 * latent_dim, bias=False)"), "are another network"),
    ],
)
def test_what_load_py_would_compute_otherwise_is_refused(tmp_path, text, said):
    with pytest.raises(UnsupportedLayer, match=said):
        description(own(tmp_path, text))
