"""The seeds of a grid: a value, a list, or {count: 50}, which is 0, 1, .. 49."""

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

from sweeper.grid.syntax.fields import Block, Integer, read_many

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
    return read_many(value, handler, info)
