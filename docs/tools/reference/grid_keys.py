"""The page of grid keys: type, default, bounds, meaning and an example of each, from the schema."""

import re
from functools import cache
from typing import Any, get_args

from pydantic.fields import FieldInfo

from docs.tools.reference.examples import EXAMPLES, TOP_LEVEL
from docs.tools.reference.markdown import escape, prose, table
from sweeper.grid.blocks.axes import DEFAULTS, Axes
from sweeper.grid.blocks.dataset_entry import DatasetEntry
from sweeper.grid.blocks.definition import Grid
from sweeper.grid.blocks.model_entry import SETTINGS, Learned, ModelEntry
from sweeper.grid.blocks.points import GridPoint
from sweeper.grid.schema import NUMBER_AS_TEXT, json_schema
from sweeper.grid.syntax.fields import Block, Range

Schema = dict[str, Any]
_LISTED = (DatasetEntry, ModelEntry, GridPoint)  # blocks of which a key holds a list


def blocks() -> dict[str, type[Block]]:
    """{title: block}: the grid, then every block below it."""
    found: dict[str, type[Block]] = {"": Grid, "datasets[]": DatasetEntry, "models[]": ModelEntry}
    for name, field in Grid.model_fields.items():
        for block in _blocks_of(field.annotation):
            if block not in _LISTED:
                found[name] = block
    for name, block in list(found.items()):
        for inner, inner_field in block.model_fields.items():
            for nested in _blocks_of(inner_field.annotation):
                found.setdefault(f"{name}.{inner}".lstrip("."), nested)
    places = {"a learned value": Learned, "a range (in a search)": Range}
    points = {"exclude[], include[]": GridPoint}
    return {k: b for k, b in found.items() if b not in (Range, GridPoint)} | points | places


def _blocks_of(annotation: Any) -> list[type[Block]]:
    if isinstance(annotation, type) and issubclass(annotation, Block):
        return [annotation]
    return [block for part in get_args(annotation) for block in _blocks_of(part)]


def keys(block: type[Block]) -> dict[str, FieldInfo]:
    """{key as it is spelled in a file: field}."""
    found = {field.alias or name: field for name, field in block.model_fields.items()}
    if block is ModelEntry:
        return {name: found[name] for name in SETTINGS}
    return found


def grid_keys_page() -> str:
    sections = [_section(title, block) for title, block in _unique(blocks()).items()]
    return "\n\n".join(
        [
            "# Grid keys",
            "A grid is a YAML file. `sweeper plan GRID` reports every mistake in it at once, with "
            "line and key; `sweeper schema` prints the JSON schema for editors. Where a list is "
            "allowed, one value may be written without brackets. Numbers may be written as 5e4.",
            *sections,
            "## models[]: parameters",
            "Every other key of an entry of `models` is a parameter of the model: see "
            "[](models.md). Each takes a value, a list of values, a learned value, or, in a "
            "search, a range.",
        ]
    )


def _unique(found: dict[str, type[Block]]) -> dict[str, type[Block]]:
    """Each block once, under its first title."""
    return {t: b for n, (t, b) in enumerate(found.items()) if b not in [*found.values()][:n]}


def _section(title: str, block: type[Block]) -> str:
    notes = key_notes(block) | (TOP_LEVEL if block is Grid else {})
    rows = [
        (
            f"`{key}`",
            type_text(block, key),
            default_text(block, key, field),
            escape(notes.get(key, "")),
            f"`{example}`" if (example := EXAMPLES.get(f"{title}.{key}".lstrip("."), "")) else "",
        )
        for key, field in keys(block).items()
    ]
    head = f"## {title or 'The top of a grid'}"
    about = prose((block.__doc__ or "").partition("\n\n")[0])
    return f"{head}\n\n{about}\n\n" + table(
        ("key", "type and bounds", "default", "meaning", "example"), rows
    )


def key_notes(block: type[Block]) -> dict[str, str]:
    """{key: meaning}, from 'key: ...' and 'key, key   ...' in the block's docstring."""
    names = "|".join(sorted(map(re.escape, block.model_fields), key=len, reverse=True))
    start = rf"(?:(?<=^)|(?<=\n)|(?<=\s\s)|(?<=\.\s))((?:{names})(?:, (?:{names}))*)(?::\s|\s\s+)"
    text = re.sub(r"\n[ ]+", "\n", block.__doc__ or "")
    parts = re.split(start, text)
    found = {}
    for listed, meaning in zip(parts[1::2], parts[2::2], strict=True):
        for name in listed.split(", "):
            found[name] = " ".join(meaning.partition("\n\n")[0].split())
    return found


def default_text(block: type[Block], key: str, field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if block is Axes and key in DEFAULTS:
        return f"`{DEFAULTS[key][0]}`"
    value = field.get_default()
    if value is None or value == () or isinstance(value, Block):
        return ""
    shown = ", ".join(map(str, value)) if isinstance(value, tuple) else value
    return f"`{str(shown).lower() if isinstance(shown, bool) else shown}`"


def type_text(block: type[Block], key: str) -> str:
    """'integer, at least 1; or a list': the key's part of the schema in words."""
    schema = _grid_schema()
    own = schema if block is Grid else schema["$defs"].get(block.__name__)
    if own is None or "properties" not in own:
        own = block.model_json_schema(by_alias=True)
    return "; or ".join(dict.fromkeys(words(own["properties"].get(key, {}))))


@cache
def _grid_schema() -> Schema:
    return json_schema()


def words(schema: Schema) -> list[str]:
    """The alternatives of a schema, each in words."""
    if schema in (NUMBER_AS_TEXT, {"type": "null"}, {}):
        return []
    if "anyOf" in schema:
        found = [word for part in schema["anyOf"] for word in words(part)]
        is_single = any(not word.startswith("a list of") for word in found)
        return ["a list of these" if is_single and w.startswith("a list of") else w for w in found]
    if "$ref" in schema:
        return [_reference(schema["$ref"].rpartition("/")[2])]
    if "enum" in schema:
        return [", ".join(f"`{value}`" for value in schema["enum"])]
    if "const" in schema:
        return [f"`{schema['const']}`"]
    if schema.get("type") == "array":
        return ["a list of " + " or ".join(words(schema.get("items", {})) or ["mappings"])]
    if schema.get("type") == "object":
        return ["a range" if "low" in schema.get("properties", {}) else "a mapping"]
    return [_scalar(schema)]


def _reference(name: str) -> str:
    return {"Range": "a range", "Learned": "a learned value"}.get(name, "a mapping")


def _number(value: float) -> str:
    return {2**63: "2^63", 2**62: "2^62", 2**32: "2^32"}.get(int(value), str(value))


def _scalar(schema: Schema) -> str:
    kind = {"string": "text", "boolean": "true or false"}.get(
        schema.get("type", ""), schema.get("type", "any")
    )
    phrases = {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "exclusiveMaximum": "below",
    }
    bounds = [
        f"{phrase} {_number(schema[name])}" for name, phrase in phrases.items() if name in schema
    ]
    return ", ".join([kind, *bounds])
