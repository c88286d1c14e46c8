"""The JSON schema of grid files, for editors that complete and underline.

It is pydantic's, except for `models`, which is built from the specifications of the models. A
schema cannot express every rule; `load_grid` checks all of them."""

from typing import Any

from sweeper.grid.blocks.definition import Grid
from sweeper.grid.blocks.model_entry import Learned, model_names, model_params
from sweeper.grid.blocks.points import GROUPS_SCHEMA, PointAxes
from sweeper.grid.syntax.fields import Range
from trainers.specs.datasets import DATASETS
from trainers.specs.parameters import TARGET_KINDS, Param

# Numbers that YAML 1.1 parsers read as text, such as 1e-4.
NUMBER_AS_TEXT = {"type": "string", "pattern": r"^[-+]?[0-9_]+(\.[0-9_]*)?[eE][-+]?[0-9]+$"}

# Pydantic's name of a bound, for a field with our own validator.
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


def json_schema() -> dict[str, Any]:
    """A JSON schema, draft 2020-12, that accepts every valid grid."""
    schema = Grid.model_json_schema(by_alias=True)
    definitions = schema["$defs"]
    definitions["Range"] = Range.model_json_schema()
    definitions["Learned"] = Learned.model_json_schema(by_alias=True)
    definitions["ModelEntry"] = _model_entry()
    definitions["DatasetEntry"] = _dataset_entry(definitions["DatasetEntry"])
    schema["properties"]["datasets"] = _many({"$ref": "#/$defs/DatasetEntry"})
    schema["properties"]["models"] = _many({"$ref": "#/$defs/ModelEntry"})
    schema["properties"]["table"] = {
        "anyOf": [{"type": "number"}, schema["properties"]["table"]["anyOf"][0]]
    }
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "A grid of sweeper"
    loosened: dict[str, Any] = _loosened(schema)
    return loosened


def _model_entry() -> dict[str, Any]:
    """A model's name, or one name with its parameters and settings."""
    with_settings = [
        {
            "type": "object",
            "properties": {name: _parameters(model_params(name))},
            "required": [name],
            "additionalProperties": False,
        }
        for name in model_names()
    ]
    return {"anyOf": [{"type": "string", "enum": list(model_names())}, *with_settings]}


def _parameters(params: tuple[Param, ...]) -> dict[str, Any]:
    points = PointAxes.model_json_schema()["properties"]
    points |= {param.name: _parameter(param) for param in params}
    point = {"type": "object", "properties": points, "additionalProperties": False}
    settings = {
        "datasets": _many({"type": "string"}),
        "axes": {"$ref": "#/$defs/Axes"},
        "zip": GROUPS_SCHEMA,
        "exclude": _many(point),
        "include": _many(point),
    }
    return {
        "type": ["object", "null"],
        "properties": {**{param.name: _parameter(param) for param in params}, **settings},
        "additionalProperties": False,
    }


def _parameter(param: Param) -> dict[str, Any]:
    """One value, a list of values, or a range where a search allows it."""
    value = _value(param)
    forms = [value, {"type": "array", "items": value, "minItems": 1}]
    if param.kind in ("float", "int"):
        forms.append({"$ref": "#/$defs/Range"})
    return {"description": param.doc, "default": param.default, "anyOf": forms}


def _value(param: Param) -> dict[str, Any]:
    if param.kind == "bool":
        return {"type": "boolean"}
    if param.kind == "choice":
        return {"type": "string", "enum": list(param.choices)}
    if param.kind == "target":
        kinds = {kind: {"type": "number", "exclusiveMinimum": 0} for kind in TARGET_KINDS}
        in_nats = {"type": "object", "properties": kinds, "additionalProperties": False}
        return {"anyOf": [{"type": "string"}, in_nats]}
    number: dict[str, Any] = {"type": "integer" if param.kind == "int" else "number"}
    if param.minimum is not None:
        number["minimum"] = param.minimum
    if param.maximum is not None:
        number["maximum"] = param.maximum
    if param.above is not None:
        number["exclusiveMinimum"] = param.above
    learned = [{"$ref": "#/$defs/Learned"}] if param.kind == "float" else []
    return {"anyOf": [number, *learned]} if learned else number


def _dataset_entry(by_fields: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [{"type": "string", "enum": list(DATASETS)}, by_fields]}


def _many(item: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}


def _loosened(schema: Any) -> Any:
    """Numbers may be text to YAML 1.1 parsers; optional keys are absent, never null."""
    if isinstance(schema, list):
        return [_loosened(item) for item in schema if item != {"type": "null"}]
    if not isinstance(schema, dict):
        return schema
    inner = {
        _BOUNDS.get(key, key): _loosened(value)
        for key, value in schema.items()
        if (key, value) != ("default", None)
    }
    if schema.get("type") in ("number", "integer"):
        return {"anyOf": [inner, NUMBER_AS_TEXT]}
    return inner
