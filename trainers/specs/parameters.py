"""A model's parameter: its type, default and bounds, and the canonical form of its values."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from trainers.words import unknown

Value = bool | int | float | str
Kind = Literal["float", "int", "bool", "choice", "target"]

TARGET_KINDS = ("ramp", "constant")
DEFAULT_CAP_NATS = 18.0
_BOOLS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


@dataclass(frozen=True)
class Param:
    """One parameter of a model. `minimum` and `maximum` are inclusive, `above` is exclusive.

    needs: (another parameter, prefix of its value): otherwise this parameter has no effect."""

    name: str
    kind: Kind
    default: Value
    doc: str
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    choices: tuple[str, ...] = ()
    needs: tuple[str, str] | None = None

    def parse(self, value: object) -> Value:
        """`value` in canonical form. Raises ValueError with what is allowed.

        Accepts what YAML 1.1 makes of numbers and booleans: 1e-4 is a string, off is False."""
        if self.kind == "bool":
            return _parse_bool(value)
        if self.kind == "target":
            return _canonical_target(value)
        if self.kind == "choice":
            if value not in self.choices:
                raise ValueError(f"must be one of {', '.join(self.choices)}")
            return str(value)
        number = _parse_number(value, whole=self.kind == "int")
        self._check_bounds(number)
        return number

    def _check_bounds(self, number: float) -> None:
        if self.minimum is not None and number < self.minimum:
            raise ValueError(f"must be at least {self.minimum:g}")
        if self.maximum is not None and number > self.maximum:
            raise ValueError(f"must be at most {self.maximum:g}")
        if self.above is not None and number <= self.above:
            raise ValueError(f"must be greater than {self.above:g}")


def complete(
    params: Sequence[Param], given: Mapping[str, object]
) -> tuple[dict[str, Value], list[str]]:
    """(every parameter, typed, given or default; a message for each mistake in `given`).

    A parameter with a mistake takes its default, so that all mistakes are found at once."""
    by_name = {param.name: param for param in params}
    values = {param.name: param.default for param in params}
    errors = []
    for name, value in given.items():
        if name not in by_name:
            errors.append(unknown("parameter", str(name), list(by_name)))
            continue
        try:
            values[name] = by_name[name].parse(value)
        except ValueError as error:
            errors.append(f"{name} = {value!r}: {error}")
    errors += _without_effect(params, values)
    return values, errors


def parse_target(text: str) -> tuple[str, float]:
    """('ramp', cap in nats) or ('constant', nats) of a canonical target such as 'ramp:18.0'."""
    kind, _, nats = text.partition(":")
    return kind, float(nats)


def _without_effect(params: Sequence[Param], values: Mapping[str, Value]) -> list[str]:
    errors = []
    for param in params:
        if param.needs is None or values[param.name] == param.default:
            continue
        other, beginning = param.needs
        if not str(values[other]).startswith(beginning):
            errors.append(
                f"{param.name} = {values[param.name]!r} has no effect with {other} = "
                f"{values[other]!r}; remove it"
            )
    return errors


def _parse_bool(value: object) -> bool:
    if isinstance(value, str):
        value = _BOOLS.get(value.strip().lower(), value)
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _parse_number(value: object, whole: bool) -> int | float:
    wanted = "must be a whole number" if whole else "must be a finite number"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(wanted)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError(wanted) from None
    if not math.isfinite(number) or (whole and not number.is_integer()):
        raise ValueError(wanted)
    return int(number) if whole else number + 0.0  # -0.0 becomes 0.0


def _canonical_target(value: object) -> str:
    wanted = (
        "must be ramp (to 18 nats), {ramp: NATS}, {constant: NATS} or the same as text, "
        "e.g. constant:18; NATS greater than 0"
    )
    if value == "ramp":
        value = {"ramp": DEFAULT_CAP_NATS}
    elif isinstance(value, str):
        kind, _, nats = value.partition(":")
        value = {kind.strip(): nats}
    if not isinstance(value, Mapping) or len(value) != 1:
        raise ValueError(wanted)
    kind, nats = next(iter(value.items()))
    try:
        number = _parse_number(nats, whole=False)
    except ValueError:
        raise ValueError(wanted) from None
    if kind not in TARGET_KINDS or number <= 0:
        raise ValueError(wanted)
    return f"{kind}:{number!r}"
