"""The weights of a trained network with what is needed to build and use it."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainers.errors import OwnCodeError, RecordError
from trainers.specs.own import PARTS
from trainers.words import first_line

if TYPE_CHECKING:
    from torch import Tensor

    from trainers.networks import AutoEncoder


@dataclass(frozen=True)
class Weights:
    """A network's state and a description from which it can be built.

    about: network, image_CHW, latent_dim, scale (images * scale lies in [0, 1]), iteration, run_id,
    training_id, dataset, dataset_fingerprint, factor_names, factor_sizes, identity."""

    state: Mapping[str, "Tensor"]
    about: Mapping[str, Any]

    def build(self) -> "AutoEncoder":
        """The network, in evaluation mode, on the CPU. Raises OwnCodeError for one of a user's own
        whose code is not loaded, or has changed since."""
        from trainers.networks import build_network

        about = self.about
        _check_code(about)
        network = build_network(
            about["network"], tuple(about["image_CHW"]), int(about["latent_dim"]), seed=0
        )
        network.load_state_dict(dict(self.state))
        return network.eval()

    def files(self) -> dict[str, bytes]:
        """{'weights.pt', 'config.json'}: the files of the artifact folder weights/ in MLflow."""
        import torch

        buffer = io.BytesIO()
        torch.save(dict(self.state), buffer)
        text = json.dumps(dict(self.about), indent=2, sort_keys=True)
        return {"weights.pt": buffer.getvalue(), "config.json": text.encode()}


def _check_code(about: Mapping[str, Any]) -> None:
    name = about["network"]
    wanted = about.get("identity", {}).get("code", {}).get("network")
    own = PARTS.get(("network", name))
    if own is None and wanted is not None:
        raise OwnCodeError(f"network {name} is not built in: name its file with --use")
    if own is not None and own.digest != wanted:
        raise OwnCodeError(
            f"{own.place} has changed: its network {name} has the digest {own.digest}, these "
            f"weights {wanted}. MLflow has the run's code under own_code/"
        )


def read_weights(data: bytes, about: Mapping[str, Any], name: str = "weights.pt") -> Weights:
    """Weights from the content of their two files. Raises RecordError if it is damaged."""
    return Weights(_load(data, name), about)


def _load(data: bytes, name: str) -> Any:
    import pickle

    import torch

    try:
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise RecordError(f"{name} is not a weights file: {first_line(error)}") from None
