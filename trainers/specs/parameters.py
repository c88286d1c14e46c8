"""A model's parameter: its type, default and bounds, and the one spelling a value is stored in."""

from dataclasses import dataclass
from typing import Literal

Value = bool | int | float | str
Kind = Literal["float", "int", "bool", "choice", "target"]


@dataclass(frozen=True)
class Param:
    """One parameter of a model. `minimum` is inclusive, `above` exclusive."""

    name: str
    kind: Kind
    default: Value
    doc: str
    minimum: float | None = None
    above: float | None = None
    choices: tuple[str, ...] = ()
