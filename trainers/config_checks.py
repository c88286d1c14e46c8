"""Checks of a training configuration; all mistakes are reported at once."""

import math
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from trainers.config import FILE_SOURCE, Evaluation, TrainingConfig
from trainers.errors import ConfigError
from trainers.factor_splits import FactorSplit, factor_split
from trainers.factor_splits import problems as factor_problems
from trainers.specs.datasets import DATASETS
from trainers.specs.measures import MEASURES, PROTOCOLS
from trainers.specs.models import (
    MODELS,
    RECONSTRUCTIONS,
    canonical_model,
    complete_params,
    undefined_with,
)
from trainers.specs.networks import NETWORKS
from trainers.specs.own import code_digests
from trainers.specs.revisions import PRECISIONS

_TEXTS = ("dataset", "source", "model", "network", "reconstruction", "precision")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def parse_config(plain: Mapping[str, Any]) -> TrainingConfig:
    """A checked configuration from plain JSON values. Missing parameters take their defaults.

    Raises ConfigError with every mistake, one per line."""
    known = {item.name: item for item in fields(TrainingConfig)}
    mistakes = [_unknown_key(name, list(known)) for name in plain if name not in known]
    missing = [name for name, item in known.items() if _is_required(item) and name not in plain]
    mistakes += [f"{name}: missing" for name in missing]
    # Valid values in place of those that are missing, so that the others are checked too.
    values = {name: _valid(name, plain) for name in missing}
    values |= {name: value for name, value in plain.items() if name in known}
    evaluation, wrong = _evaluation(values.get("evaluation", {}))
    values["evaluation"] = evaluation
    values["factors"] = _factors(values.get("factors", {}), wrong)
    for name in ("milestones", "measures"):
        try:
            found = values.get(name)
            values[name] = found if name == "measures" and found is None else tuple(found or ())
        except TypeError:
            wrong.append(f"{name}: {found!r} is not a list")
            values[name] = ()
    config = TrainingConfig(**values)
    mistakes += [*wrong, *(problems(config) if mistakes or wrong else [])]
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return checked(config)


def _evaluation(plain: Any) -> tuple[Evaluation, list[str]]:
    """(what is known of it, mistakes)"""
    if not isinstance(plain, Mapping):
        return Evaluation(), [f"evaluation: {plain!r} is not a mapping"]
    known = [item.name for item in fields(Evaluation)]
    wrong = [_unknown_key(name, known, "evaluation.") for name in plain if name not in known]
    return Evaluation(**{name: plain[name] for name in plain if name in known}), wrong


def _factors(plain: Any, wrong: list[str]) -> FactorSplit:
    """The distribution over factors; a mistake is appended to `wrong`."""
    try:
        return plain if isinstance(plain, FactorSplit) else factor_split(plain)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        wrong.append(
            f"factors: {error}; give correlate as [[a, b, sigma], ..] and without as "
            "[{a: [first, last]}, ..]"
        )
        return FactorSplit()


def _factor_problems(config: TrainingConfig) -> list[str]:
    """Of a file of the user's own, they are found when it is opened."""
    spec = DATASETS.get(config.dataset)
    if spec is None or config.source == FILE_SOURCE:
        return []
    sizes = dict(zip(spec.factor_names, spec.factor_sizes, strict=True))
    found = factor_problems(config.factors, sizes)
    return [f"{'.'.join(map(str, ('factors', *where)))}: {what}" for where, what in found]


def _unknown_key(name: object, known: list[str], where: str = "") -> str:
    return f"{where}{name}: unknown key; known: {', '.join(known)}"


def _is_required(item: Any) -> bool:
    return item.default is MISSING and item.default_factory is MISSING


def _valid(name: str, plain: Mapping[str, Any]) -> Any:
    """A value of a missing field with which the other fields can be checked."""
    dataset = DATASETS.get(str(plain.get("dataset")), DATASETS["dsprites"])
    own = "path" in plain or "digest" in plain
    return {
        "dataset": dataset.name,
        "source": FILE_SOURCE if own else dataset.sources[0],
        "model": "vae",
        "params": {},
        "network": next(iter(NETWORKS)),
        "latent_dim": 1,
        "batch_size": 1,
        "learning_rate": 1.0,
    }[name]


def checked(config: TrainingConfig) -> TrainingConfig:
    """The configuration in canonical form. Raises ConfigError with every mistake, one per line."""
    mistakes = problems(config)
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    model, params = canonical_model(config.model, complete_params(config.model, config.params)[0])
    values = {item.name: getattr(config, item.name) for item in fields(config)}
    values |= {"model": model, "params": params, "learning_rate": float(config.learning_rate)}
    values["code"] = _code(config)
    return TrainingConfig(**values)


def problems(config: TrainingConfig) -> list[str]:
    """Every mistake, each in a line that names the field and what is allowed."""
    found = _type_problems(config)
    if found:
        return found
    found = [*_choice_problems(config), *_number_problems(config), *_data_problems(config)]
    if config.model in MODELS:
        wrong = complete_params(config.model, config.params)[1]
        found += [f"params: {mistake}" for mistake in wrong]
    undefined = undefined_with(config.model, config.reconstruction)
    if undefined:
        found.append(f"reconstruction: {config.model} {undefined}")
    found += [*_code_problems(config), *_value_problems(config), *_factor_problems(config)]
    for name in config.measures or ():
        if name not in MEASURES:
            found.append(f"measures: {name!r} is unknown; known: {', '.join(MEASURES)}")
    return found


def _type_problems(config: TrainingConfig) -> list[str]:
    """Fields of the wrong type, for which the other checks cannot be run."""
    found = [
        f"{name}: {value!r} is not text"
        for name in _TEXTS
        if not isinstance(value := getattr(config, name), str)
    ]
    found += [
        f"{name}: {value!r} is neither text nor null"
        for name in ("digest", "data_dir", "path")
        if not isinstance(value := getattr(config, name), str | None)
    ]
    if not isinstance(config.fused, bool):
        found.append(f"fused: {config.fused!r} is neither true nor false")
    if not isinstance(config.params, Mapping):
        found.append(f"params: {config.params!r} is not a mapping")
    if not all(isinstance(name, str) for name in config.measures or ()):
        found.append("measures: must be names")
    return found


def _choice_problems(config: TrainingConfig) -> list[str]:
    choices: dict[str, tuple[object, Any]] = {
        "model": (config.model, MODELS),
        "network": (config.network, NETWORKS),
        "reconstruction": (config.reconstruction, RECONSTRUCTIONS),
        "precision": (config.precision, PRECISIONS),
        "evaluation.protocol": (config.evaluation.protocol, PROTOCOLS),
    }
    return [
        f"{name}: {value!r} is unknown; known: {', '.join(known)}"
        for name, (value, known) in choices.items()
        if value not in known
    ]


def _number_problems(config: TrainingConfig) -> list[str]:
    evaluation = config.evaluation
    whole = {
        "latent_dim": (config.latent_dim, 1),
        "batch_size": (config.batch_size, 1),
        "seed": (config.seed, 0),
        "record_every": (config.record_every, 1),
        "evaluation.num_points": (evaluation.num_points, 1),
        "evaluation.split_seed": (evaluation.split_seed, 0),
    }
    found = [
        f"{name}: {value!r} is not a whole number of at least {least}"
        for name, (value, least) in whole.items()
        if not _is_whole(value) or value < least
    ]
    if not _is_real(config.learning_rate) or config.learning_rate <= 0:
        found.append(f"learning_rate: {config.learning_rate!r} is not a number above 0")
    if not _is_real(evaluation.alpha) or not 0 <= evaluation.alpha <= 1:
        found.append(f"evaluation.alpha: {evaluation.alpha!r} is not a number from 0 to 1")
    fractions = (evaluation.validation_fraction, evaluation.test_fraction)
    if not all(_is_real(part) and 0 <= part < 1 for part in fractions) or sum(fractions) >= 1:
        found.append("evaluation: the fractions must be at least 0, and their sum below 1")
    milestones = config.milestones
    if not all(_is_whole(count) and count >= 1 for count in milestones) or any(
        later <= earlier for earlier, later in zip(milestones, milestones[1:], strict=False)
    ):
        found.append(f"milestones: {milestones!r} are not ascending iterations of at least 1")
    return found


def _data_problems(config: TrainingConfig) -> list[str]:
    if config.source == FILE_SOURCE:
        if config.path is None or config.digest is None:
            return ["dataset: the source 'file' needs path and digest"]
        if not _DIGEST.fullmatch(config.digest):
            return ["digest: must be a SHA-256, 64 hexadecimal digits"]
        return []
    if config.path is not None or config.digest is not None:
        return [f"dataset: path and digest need the source {FILE_SOURCE!r}; remove them or set it"]
    if config.dataset not in DATASETS:
        return [f"dataset: {config.dataset!r} is unknown; known: {', '.join(DATASETS)}"]
    sources = DATASETS[config.dataset].sources
    if config.source not in sources:
        known = ", ".join(sources)
        return [f"source: {config.dataset} has no source {config.source!r}; it has: {known}"]
    return []


def _code(config: TrainingConfig) -> dict[str, str]:
    """The digests of the parts that are a user's own, as loaded in this process."""
    return code_digests(
        model=config.model, network=config.network, dataset=config.dataset, source=config.source
    )


def _code_problems(config: TrainingConfig) -> list[str]:
    """Parts whose code is not the one that the configuration was made with."""
    here = _code(config)
    names = {"model": config.model, "network": config.network, "dataset": config.dataset}
    return [
        f"{kind}: the code of {names.get(kind, '?')} has the digest {here.get(kind, 'none')} here, "
        f"the configuration was made with {digest}"
        for kind, digest in config.code.items()
        if here.get(kind) != digest
    ]


def _value_problems(config: TrainingConfig) -> list[str]:
    spec = DATASETS.get(config.dataset)
    if spec is None or spec.values == "unit" or config.reconstruction == "gaussian":
        return []
    return [
        f"reconstruction: {config.dataset} has values outside [0, 1], so {config.reconstruction} "
        "is not defined; use gaussian"
    ]


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_real(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
