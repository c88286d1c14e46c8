"""The models a grid may name: parameters, canonical form, equation and source."""

from collections.abc import Mapping
from dataclasses import dataclass

from trainers.specs.parameters import Param, Value


@dataclass(frozen=True)
class ModelSpec:
    """What is known of a model without its code.

    title: as printed in tables.  equation: the loss, in the notation of README.
    source: paper and equation number.  own_weights: whether sigmas are learned."""

    name: str
    title: str
    equation: str
    source: str
    params: tuple[Param, ...] = ()

    def defaults(self) -> dict[str, Value]:
        return {param.name: param.default for param in self.params}


_BETA = Param("beta", "float", 4.0, "weight of the KL term", minimum=0.0)
_PARAMETRISATION = Param(
    "parametrisation",
    "choice",
    "sigma",
    "what Adam moves: sigma itself, or log sigma^2",
    choices=("sigma", "log_variance"),
)

MODELS: dict[str, ModelSpec] = {
    spec.name: spec
    for spec in (
        ModelSpec("vae", "VAE", "R + KL", "Kingma & Welling 2014"),
        ModelSpec("beta_vae", "beta-VAE", "R + beta KL", "Higgins et al. 2017, eq. 4", (_BETA,)),
        ModelSpec(
            "l_vae",
            "L-VAE",
            "R/s0^2 + KL/s1^2 + s0^2 + s1^2",
            "thesis, eq. 6.2",
            (_PARAMETRISATION,),
        ),
        ModelSpec(
            "mdl_vae_strong",
            "mdL-VAE-strong",
            "R/(1+ln(1+sr^2)) + sum_i KL_i/(1+ln(1+s_i^2)) + sr^2 + sum_i s_i^2",
            "thesis, eq. 7.2",
            (_PARAMETRISATION,),
        ),
    )
}


def canonical_model(name: str, params: Mapping[str, Value]) -> tuple[str, dict[str, Value]]:
    """The one (name, params) that stands for every spelling of the same objective.

    `params` must already be typed and complete. `beta_vae` with beta 1 is `vae`."""
    if name == "beta_vae" and params["beta"] == 1.0:
        return "vae", {}
    return name, dict(sorted(params.items()))
