"""The seeds of a grid: how many (`10` is 0, 1, .. 9), a list, or {count: 10, first: 100}.

`seeds: 0` is the seed 0, since no seeds would be no grid."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from sweeper.grid.syntax import scalars
from sweeper.grid.syntax.fields import Block, Integer, read_many, warnings_of

Seed = Annotated[Integer, Field(ge=0, lt=2**63)]


class SeedRange(Block):
    """The seeds 0, 1, .. count - 1."""

    count: Annotated[Integer, Field(ge=1, le=100_000)]
    first: Annotated[Integer, Field(ge=0, lt=2**62)] = 0


@dataclass(frozen=True)
class Seeds:
    """Marks a tuple of seeds."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_wrap_validator_function(_read, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        inner = handler(schema)
        count = {
            "type": "object",
            "properties": {
                "count": {"type": "integer", "minimum": 1},
                "first": {"type": "integer", "minimum": 0},
            },
            "required": ["count"],
            "additionalProperties": False,
        }
        return {"anyOf": [inner["items"], {"minItems": 1, **inner}, count]}


def _read(
    value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo
) -> tuple[int, ...]:
    if isinstance(value, Mapping):
        row = SeedRange.model_validate(value)
        return tuple(range(row.first, row.first + row.count))
    if isinstance(value, list | tuple) or scalars.is_empty(value):
        return read_many(value, handler, info)
    count = scalars.integer(value)
    if count == 0:
        return (0,)
    if count > 0:
        warnings_of(info).append(f"seeds: {count} are 0 to {count - 1}; [{count}] is one seed.")
        SeedRange(count=count)
        return tuple(range(count))
    return read_many(value, handler, info)
