"""Networks of one's own: the network mlp with other initial weights.

use: ./initial_weights.py
axes: {network: [mlp, mlp_xavier, mlp_kaiming]}
"""

from torch import Tensor, nn

from trainers.interface import AutoEncoder, Image, NetworkSpec
from trainers.networks.mlp import MLP

LAYERS = "FC 1200, 1200, 2L; FC 1200, 1200, CHW; ReLU"


class Initialised(AutoEncoder):
    """The layers of mlp, weights drawn by `draw`, biases 0.

    mlp itself has PyTorch's weights and biases: uniform up to 1 / sqrt(inputs)."""

    def __init__(self, image_CHW: Image, latent_dim: int) -> None:
        super().__init__()
        same = MLP(image_CHW, latent_dim)
        self.encoder, self.decoder = same.encoder, same.decoder
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                self.draw(layer.weight)
                nn.init.zeros_(layer.bias)

    def draw(self, weight: Tensor) -> None:
        """Fills the weights of a layer, (outputs, inputs)."""
        raise NotImplementedError


class Xavier(Initialised):
    """Glorot & Bengio 2010, uniform: the default of TensorFlow, as in disentanglement_lib."""

    spec = NetworkSpec(name="mlp_xavier", layers=LAYERS, source="Glorot & Bengio 2010")

    def draw(self, weight: Tensor) -> None:
        nn.init.xavier_uniform_(weight)


class Kaiming(Initialised):
    """He et al. 2015, normal: as in the released code of ControlVAE and DynamicVAE."""

    spec = NetworkSpec(name="mlp_kaiming", layers=LAYERS, source="He et al. 2015")

    def draw(self, weight: Tensor) -> None:
        nn.init.kaiming_normal_(weight)
