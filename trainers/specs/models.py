"""The models that a grid may name: parameters, canonical form, equation and source.

In the equations R is the reconstruction error, KL the divergence in nats, KL_i that of latent i,
s a learned sigma, D the number of pixels times channels, N the number of latents and e an epsilon,
which the source does not have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trainers.specs.parameters import Kind, Param, Value, complete
from trainers.words import unknown

RECONSTRUCTIONS = ("mse", "bernoulli", "gaussian")


@dataclass(frozen=True)
class ModelSpec:
    """A description of a model that does not need torch.

    title: as printed in tables.  equation: the loss.  source: paper and equation number.
    study: 'thesis', or 'locatello' for the models that disentanglement_lib adds.
    reconstructions: the reconstruction errors for which the loss is defined.
    revision: raised when the objective's numbers change (see `specs.revisions`)."""

    name: str
    title: str
    equation: str = ""
    source: str = ""
    params: tuple[Param, ...] = ()
    study: str = "thesis"
    reconstructions: tuple[str, ...] = RECONSTRUCTIONS
    revision: int = 0

    def defaults(self) -> dict[str, Value]:
        return {param.name: param.default for param in self.params}


@dataclass(frozen=True)
class AliasSpec:
    """A name that a plan replaces by other models; it has no objective of its own.

    first: the model trained first.  then: the model trained next if `needs_weak` is true of the
    sigmas that the first has learned; otherwise the first one's result is kept."""

    name: str
    title: str
    first: str
    then: str
    source: str


_PARAMETRISATION = Param(
    "parametrisation",
    "choice",
    "sigma",
    "what Adam optimises: sigma, or log sigma^2",
    choices=("sigma", "log_variance"),
)
_EPSILON = Param(
    "epsilon", "float", 1e-6, "added to s^2 in 1/s^2; 1/epsilon bounds the weight", above=0.0
)


def _controller(ki: float, beta_min: float, period: int) -> tuple[Param, ...]:
    return (
        Param("target", "target", "ramp:18.0", "KL to hold: a ramp up to a cap, or a constant"),
        Param("Kp", "float", 0.01, "proportional gain", minimum=0.0),
        Param("Ki", "float", ki, "integral gain, in the released code's sign", maximum=0.0),
        Param("beta_min", "float", beta_min, "lower bound of beta", minimum=0.0),
        _ramp_param("ramp_start_nats", "float", 0.5, "first target", minimum=0.0),
        _ramp_param("ramp_step_nats", "float", 0.15, "rise in each period", minimum=0.0),
        _ramp_param("ramp_period", "int", period, "iterations from rise to rise", minimum=1),
    )


def _ramp_param(name: str, kind: Kind, default: Value, doc: str, minimum: float) -> Param:
    return Param(name, kind, default, doc, minimum=minimum, needs=("target", "ramp"))


_THESIS = (
    ModelSpec("vae", "VAE", "R + KL", "Kingma & Welling 2014"),
    ModelSpec(
        "beta_vae",
        "beta-VAE",
        "R + beta KL",
        "Higgins et al. 2017, eq. 4",
        (Param("beta", "float", 4.0, "weight of the KL term", minimum=0.0),),
    ),
    ModelSpec(
        "control_vae",
        "ControlVAE",
        "R + beta(t) KL; beta = max(beta_min, Kp/(1+exp e) + beta_min + Ki sum e), e = target - KL",
        "Shao et al. 2020; thesis, eqs. 2.6 and 2.7",
        _controller(ki=-0.001, beta_min=1.0, period=5000),
    ),
    ModelSpec(
        "dynamic_vae",
        "DynamicVAE",
        "R + beta(t) KL; beta += Kp (f(e) - f(e')) + Ki e, f(e) = 1/(1+exp e), "
        "e = target - mean of the last T KLs",
        "Shao et al. 2022; thesis, eqs. 2.6 and 2.8",
        (
            *_controller(ki=-0.005, beta_min=0.1, period=6000),
            _ramp_param("ramp_steps", "int", 1000, "iterations that a rise takes", minimum=1),
            Param("beta_0", "float", 150.0, "first beta", minimum=0.0),
            Param("window", "int", 5, "T, batches in the moving average", minimum=1),
        ),
    ),
    ModelSpec(
        "sigma_vae",
        "sigma-VAE",
        "D ln s + R/(2 s^2) + KL, ln s = -6 + softplus(w + 6)",
        "Rybkin et al. 2021; thesis, eq. 2.9",
        (Param("literal", "bool", False, "thesis eq. 2.9 as printed: ln s without D"),),
        reconstructions=("mse", "gaussian"),
    ),
    ModelSpec(
        "l_vae",
        "L-VAE",
        "R/(s0^2+e) + KL/(s1^2+e) + s0^2 + s1^2, e = 1e-8",
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
    ModelSpec(
        "mdl_vae_weak",
        "mdL-VAE-weak",
        "R/(1+ln(1+sr^2)) + sum_i KL_i/(1+ln(1+s_i^2)) + sr^2 + sum_i ln(1+s_i^2)/N",
        "thesis, eq. 7.3",
        (_PARAMETRISATION,),
    ),
    ModelSpec(
        "mdl_vae_v1",
        "mdL-VAE-v1",
        "R/(1+ln(1+sr^2)) + sum_i KL_i/(1+ln(1+s_i^2)) + ln(1+sr^2) + sum_i ln(1+s_i^2)",
        "thesis, Table 7.4",
        (_PARAMETRISATION,),
    ),
    ModelSpec(
        "mdl_vae_v2",
        "mdL-VAE-v2",
        "R/(sr^2+e) + sum_i KL_i/(s_i^2+e) + sr^2 + sum_i s_i^2, e = epsilon",
        "thesis, Table 7.4",
        (_PARAMETRISATION, _EPSILON),
    ),
    ModelSpec(
        "mdl_vae_v3",
        "mdL-VAE-v3",
        "R/(sr^2+e) + sum_i KL_i/(s_i^2+e) + ln(1+sr^2) + sum_i ln(1+s_i^2), e = epsilon",
        "thesis, Table 7.4",
        (_PARAMETRISATION, _EPSILON),
    ),
)


def _dip(factor: float) -> tuple[Param, ...]:
    return (
        Param("lambda_od", "float", 10.0, "weight of the off-diagonal", above=0.0),
        Param("lambda_d_factor", "float", factor, "lambda_d / lambda_od", minimum=0.0),
    )


_LOCATELLO = (
    ModelSpec(
        "annealed_vae",
        "AnnealedVAE",
        "R + gamma |KL - C|, C = min(c_max, c_max t/iteration_threshold)",
        "Burgess et al. 2018, eq. 8",
        (
            Param("c_max", "float", 25.0, "final capacity in nats", minimum=0.0),
            Param("gamma", "float", 1000.0, "weight of the distance", minimum=0.0),
            Param("iteration_threshold", "int", 100_000, "iterations to c_max", minimum=1),
        ),
        study="locatello",
    ),
    ModelSpec(
        "factor_vae",
        "FactorVAE",
        "R + KL + gamma TC, TC by a discriminator with probabilities clipped to [1e-6, 1 - 1e-6]",
        "Kim & Mnih 2018, eq. 2",
        (Param("gamma", "float", 10.0, "weight of the total correlation", above=0.0),),
        study="locatello",
    ),
    ModelSpec(
        "beta_tc_vae",
        "beta-TCVAE",
        "R + KL + (beta - 1) TC, TC over the minibatch",
        "Chen et al. 2018, eq. 4",
        (Param("beta", "float", 6.0, "weight of the total correlation", minimum=0.0),),
        study="locatello",
    ),
    ModelSpec(
        "dip_vae_i",
        "DIP-VAE-I",
        "R + KL + lambda_od sum_{i!=j} C_ij^2 + lambda_d sum_i (C_ii - 1)^2, C = Cov[mu]",
        "Kumar et al. 2018, eq. 6",
        _dip(10.0),
        study="locatello",
    ),
    ModelSpec(
        "dip_vae_ii",
        "DIP-VAE-II",
        "R + KL + lambda_od sum_{i!=j} C_ij^2 + lambda_d sum_i (C_ii - 1)^2, C = Cov[z]",
        "Kumar et al. 2018, eq. 7",
        _dip(1.0),
        study="locatello",
    ),
)

MODELS: dict[str, ModelSpec] = {spec.name: spec for spec in (*_THESIS, *_LOCATELLO)}

MODEL_ALIASES: dict[str, AliasSpec] = {
    "mdl_vae_auto": AliasSpec(
        "mdl_vae_auto", "mdL-VAE", "mdl_vae_strong", "mdl_vae_weak", "thesis, section 7.2"
    )
}

WEAK_SIGMA = 0.5


def needs_weak(sigmas_L: Sequence[float]) -> bool:
    """Whether mdL-VAE-weak should replace mdL-VAE-strong: all sigma_i below 0.5.

    sigmas_L: the learned sigma of each latent, without that of the reconstruction. Thesis,
    section 7.2. Raises ValueError for no latents or a sigma that is not finite."""
    if len(sigmas_L) == 0 or not all(abs(sigma) < float("inf") for sigma in sigmas_L):
        raise ValueError(f"needs one finite sigma for each latent, got {list(sigmas_L)}")
    return all(abs(sigma) < WEAK_SIGMA for sigma in sigmas_L)


def undefined_with(name: str, reconstruction: str) -> str:
    """Why the model's loss is not defined with this reconstruction error, after its name, or ''.

    An unknown name, of a model or of a reconstruction, gives ''."""
    resolved = MODEL_ALIASES[name].first if name in MODEL_ALIASES else name
    allowed = MODELS[resolved].reconstructions if resolved in MODELS else RECONSTRUCTIONS
    if reconstruction in allowed or reconstruction not in RECONSTRUCTIONS:
        return ""
    return (
        f"is not defined with reconstruction {reconstruction}: its loss is the likelihood of a "
        f"Gaussian decoder; use reconstruction {' or '.join(allowed)}, or another model"
    )


def complete_params(name: str, given: Mapping[str, object]) -> tuple[dict[str, Value], list[str]]:
    """(every parameter of the model, typed; a message for each mistake). Never raises.

    Values in `given` may be text, as YAML leaves them. An alias has the parameters of its first
    model."""
    resolved = MODEL_ALIASES[name].first if name in MODEL_ALIASES else name
    if resolved not in MODELS:
        return {}, [unknown("model", str(name), [*MODELS, *MODEL_ALIASES])]
    params, errors = complete(MODELS[resolved].params, given)
    return params, [f"{name}: {error}" for error in errors]


def canonical_model(name: str, params: Mapping[str, Value]) -> tuple[str, dict[str, Value]]:
    """The canonical (name, params) of an objective that has several.

    `params` must be typed and complete (`complete_params`). `beta_vae` and `beta_tc_vae` with
    beta 1 are bitwise `vae`."""
    if name in ("beta_vae", "beta_tc_vae") and params["beta"] == 1.0:
        return "vae", {}
    return name, dict(sorted(params.items()))
