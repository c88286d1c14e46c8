"""The network as load.py builds it: its layers, and whether it computes the same.

A network of a user's own may have layers that load.py does not list, or compute more than its
layers in a row. Shapes: B batch, C H W image, L latent."""

import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweeper.weights.layers import UnsupportedLayer, layers
from trainers.saving.trained_network import Weights

if TYPE_CHECKING:
    from trainers.networks import AutoEncoder

LOADER = Path(__file__).with_name("standalone") / "load.py"


def description(weights: Weights) -> dict[str, Any]:
    """What load.py builds the network from.

    Raises UnsupportedLayer, and OwnCodeError where the network's own code is not the run's."""
    network = weights.build()
    about = {
        "image_CHW": list(weights.about["image_CHW"]),
        "scale": weights.about["scale"],
        "identity": weights.about["identity"],
        "encoder": layers(network.encoder),
        "decoder": layers(network.decoder),
    }
    _check_values(about, network)
    return about


def _check_values(about: Mapping[str, Any], network: "AutoEncoder") -> None:
    import torch

    images_BCHW = torch.randint(
        256, (2, *about["image_CHW"]), generator=torch.Generator().manual_seed(0)
    )
    with torch.no_grad():
        mu_BL, logvar_BL = network.encode(images_BCHW.float() * about["scale"])
        logits_BCHW = network.decode(mu_BL)
    model = runpy.run_path(str(LOADER))["Model"](about)
    wanted = logits_BCHW if model.is_gaussian else logits_BCHW.sigmoid()
    try:
        model.load_state_dict(network.state_dict())
        found = [*model.encode(images_BCHW), model.decode(mu_BL)]
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise UnsupportedLayer(f"its layers in a row are another network: {reason}") from None
    for one, other in zip(found, (mu_BL, logvar_BL, wanted), strict=True):
        if one.shape != other.shape or not torch.allclose(one, other, atol=1e-5):
            raise UnsupportedLayer("its layers in a row give other values than the network")
