"""Field types of a grid: scalars, lists that may be written as one value, ranges of a search.

Lists keep their order; duplicates are dropped, each with a warning in `info.context["warnings"]`
that has both spellings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from sweeper import messages
from sweeper.grid.syntax import scalars
from sweeper.grid.syntax.mistakes import mistakes_of, raise_mistakes, unknown_key

Integer = Annotated[int, BeforeValidator(scalars.integer)]
Real = Annotated[float, BeforeValidator(scalars.real)]
Text = Annotated[str, BeforeValidator(scalars.text)]
Flag = Annotated[bool, BeforeValidator(scalars.boolean)]
# Before a Literal of texts: rejects words that YAML reads as booleans.
Word = BeforeValidator(scalars.text)


class Block(BaseModel):
    """A mapping of a grid file: known keys, frozen values, all mistakes reported at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def normalised(cls, value: Any) -> Mapping[str, Any]:
        """`value` as the mapping that the fields describe; raises ValueError."""
        if isinstance(value, Mapping):
            return value
        if scalars.is_empty(value):
            raise ValueError("has no value; indent its settings under it, or remove the line.")
        raise ValueError(f"must be a mapping. {messages.known_names(cls.keys())}")

    @classmethod
    def keys(cls) -> list[str]:
        """The keys as they are spelled in the file."""
        return [field.alias or name for name, field in cls.model_fields.items()]

    @model_validator(mode="wrap")
    @classmethod
    def _collect_mistakes(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(value, cls):
            return handler(value)
        given, keys = cls.normalised(value), cls.keys()
        found = [unknown_key(key, keys) for key in given if key not in keys]
        try:
            made = handler({key: item for key, item in given.items() if key in keys})
        except ValidationError as error:
            raise_mistakes(cls.__name__, found + mistakes_of(error))
        if found:
            raise_mistakes(cls.__name__, found)
        return made


class Range(Block):
    """A range that a search samples: {low: 1e-5, high: 1e-3, log: true}, or with `step`."""

    low: Real
    high: Real
    log: Flag = False
    step: Real | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "Range":
        if self.low >= self.high:
            raise ValueError("must have `low` below `high`.")
        if self.log and self.low <= 0:
            raise ValueError("is logarithmic, so `low` must be above 0.")
        if self.step is not None and (self.log or self.step <= 0):
            raise ValueError("may have a step above 0, or `log: true`, not both.")
        return self


@dataclass(frozen=True)
class OneOrMany:
    """Marks a tuple field that may be written as one value: `64` stands for `[64]`.

    drop_duplicates: whether later duplicates are dropped, with a warning."""

    drop_duplicates: bool = True

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        read = read_many if self.drop_duplicates else read_all
        return core_schema.with_info_wrap_validator_function(read, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        inner = handler(schema)
        return {"anyOf": [inner["items"], {"minItems": 1, **inner}]}


@dataclass(frozen=True)
class OneManyOrRange:
    """Marks a tuple field that a search may give as a range. `of`: the tuple's type."""

    of: Any

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        inner = handler.generate_schema(self.of)
        return core_schema.with_info_wrap_validator_function(_read_many_or_range, inner)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        inner = handler(schema)
        ends = {key: {"type": "number"} for key in ("low", "high", "step")}
        between = {
            "type": "object",
            "properties": {**ends, "log": {"type": "boolean"}},
            "required": ["low", "high"],
            "additionalProperties": False,
        }
        return {"anyOf": [inner["items"], {"minItems": 1, **inner}, between]}


def read_many(
    value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo
) -> tuple[Any, ...]:
    """A non-empty tuple without duplicates, of one value or of a list of values."""
    raw = as_list(value)
    return drop_duplicates(raw, handler(raw), warnings_of(info))


def read_all(
    value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo
) -> tuple[Any, ...]:
    """A non-empty tuple of one value or of a list of values, with duplicates."""
    every: tuple[Any, ...] = handler(as_list(value))
    return every


def as_list(value: Any) -> list[Any]:
    """The values of a list, or the one value."""
    if scalars.is_empty(value):
        raise ValueError("has no value; give at least one, or remove the line.")
    if isinstance(value, list | tuple):
        if not value:
            raise ValueError("is an empty list; give at least one value, or remove the line.")
        return list(value)
    return [value]


def drop_duplicates(
    raw: Sequence[Any], typed: Sequence[Any], warnings: list[str]
) -> tuple[Any, ...]:
    """`typed` without later duplicates; each adds a warning with its spelling in `raw`."""
    first: dict[Any, Any] = {}
    for written, value in zip(raw, typed, strict=True):
        key = repr(value)
        if key not in first:
            first[key] = (written, value)
            continue
        one, two = scalars.as_written(first[key][0]), scalars.as_written(written)
        line = f"line {written.line}: " if hasattr(written, "line") else ""
        path = f"{written.path}: " if hasattr(written, "path") else ""
        warnings.append(
            f"{line}{path}{one} and {two} are the same value; the duplicate is ignored."
        )
    return tuple(value for _, value in first.values())


def warnings_of(info: ValidationInfo) -> list[str]:
    """The list that collects warnings."""
    context = info.context if isinstance(info.context, dict) else {}
    warnings: list[str] = context.setdefault("warnings", [])
    return warnings


def _read_many_or_range(
    value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo
) -> Any:
    if isinstance(value, Range | Mapping):
        between = Range.model_validate(value)
        ends = (between.low, between.high, between.step)
        handler([end for end in ends if end is not None])
        return between
    return read_many(value, handler, info)
