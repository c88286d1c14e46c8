"""Values of a model's parameters, typed: one spelling for each value, bounds kept."""

from collections.abc import Mapping
from typing import Any

from trainers.specs.models import MODELS
from trainers.specs.parameters import Param, Value


def typed_params(model: str, given: Mapping[str, Any]) -> dict[str, Value]:
    """Every parameter of a model, typed; those not given take their defaults."""
    return {
        param.name: typed_value(param, given.get(param.name, param.default))
        for param in MODELS[model].params
    }


def typed_value(param: Param, value: Any) -> Value:
    """A parameter's value in its one spelling: 4 and 4.0 are one float.

    Raises ValueError, whose text completes 'NAME = VALUE ...'."""
    return param.parse(value)
