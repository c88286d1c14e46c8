"""Everything that a file with a user's own model, network, dataset or measure needs.

    from trainers.interface import ModelSpec, Objective, Param

The built-in parts use nothing else. A name is loaded when it is first used: a file with a measure
only does not load torch."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainers.datasets.access.own import ArrayDataset, OwnDataset
    from trainers.networks.base import AutoEncoder, Image
    from trainers.objectives.base import Objective, Terms, kl_per_latent, scalar
    from trainers.objectives.parts.learned_variance import LearnedVariance, inverse_variance
    from trainers.own_code.measure import measure
    from trainers.specs.datasets import DatasetSpec
    from trainers.specs.models import ModelSpec
    from trainers.specs.networks import NetworkSpec
    from trainers.specs.parameters import Param, Value

__all__ = [
    "ArrayDataset",
    "AutoEncoder",
    "DatasetSpec",
    "Image",
    "LearnedVariance",
    "ModelSpec",
    "NetworkSpec",
    "Objective",
    "OwnDataset",
    "Param",
    "Terms",
    "Value",
    "inverse_variance",
    "kl_per_latent",
    "measure",
    "scalar",
]

_PLACES = {
    "trainers.datasets.access.own": ("ArrayDataset", "OwnDataset"),
    "trainers.networks.base": ("AutoEncoder", "Image"),
    "trainers.objectives.base": ("Objective", "Terms", "kl_per_latent", "scalar"),
    "trainers.objectives.parts.learned_variance": ("LearnedVariance", "inverse_variance"),
    "trainers.own_code.measure": ("measure",),
    "trainers.specs.datasets": ("DatasetSpec",),
    "trainers.specs.models": ("ModelSpec",),
    "trainers.specs.networks": ("NetworkSpec",),
    "trainers.specs.parameters": ("Param", "Value"),
}


def __getattr__(name: str) -> Any:
    for place, names in _PLACES.items():
        if name in names:
            return getattr(import_module(place), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
