"""Values of a model's parameters, typed: one spelling for each value, bounds kept."""

import math
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
    if param.kind == "bool":
        if not isinstance(value, bool):
            raise ValueError("is neither true nor false.")
        return value
    if param.kind == "choice":
        if value not in param.choices:
            raise ValueError(f"is unknown. Known: {', '.join(param.choices)}.")
        return str(value)
    if param.kind == "target" and isinstance(value, str):
        if value not in param.choices:
            known = ", ".join(param.choices)
            raise ValueError(f"is unknown. Known: {known}, or a constant: a number.")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("is not a finite number.")
    if param.kind == "int" and value != int(value):
        raise ValueError("is not a whole number.")
    if param.minimum is not None and value < param.minimum:
        raise ValueError(f"must be at least {param.minimum:g}.")
    if param.above is not None and value <= param.above:
        raise ValueError(f"must be above {param.above:g}.")
    return int(value) if param.kind == "int" else float(value) + 0.0
