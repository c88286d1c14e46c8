"""Loads a user's own code and adds its parts to the built-in ones.

A plan and a worker use the same tables (`specs`, OBJECTIVES, NETWORKS, DATASETS, MEASURES) for
both. Loading a file again after a change replaces its parts."""

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from trainers.errors import OwnCodeError
from trainers.own_code.importing import import_source
from trainers.own_code.parts import Part, parts_of
from trainers.own_code.source import Source, find_source
from trainers.specs.datasets import DATASETS
from trainers.specs.measures import MEASURES
from trainers.specs.models import MODEL_ALIASES, MODELS
from trainers.specs.networks import NETWORKS
from trainers.specs.own import OWN_SOURCE, PARTS, Kind, OwnPart

_SPECS: dict[Kind, dict[str, Any]] = {
    "model": MODELS,
    "network": NETWORKS,
    "dataset": DATASETS,
    "measure": MEASURES,
}
_LOADED: dict[str, Source] = {}  # by Source.key
_SOURCES: dict[tuple[Kind, str], Source] = {}  # of each part
_CODE: dict[tuple[Kind, str], Any] = {}  # the class or function of each part


def use(name: str, folder: Path) -> Source:
    """Loads an item of `use`: a file relative to `folder`, or a module. Once for each state of it.

    Raises OwnCodeError with one line for each mistake."""
    return use_source(find_source(name, folder))


def use_source(source: Source) -> Source:
    """Loads a source, unless it is loaded. Raises OwnCodeError."""
    known = _LOADED.get(source.key)
    if known is not None and known.digest == source.digest:
        return known
    if known is not None and source.module:
        for name in [n for n in sys.modules if f"{n}.".startswith(f"{_package(source)}.")]:
            del sys.modules[name]
    module, names = import_source(source)
    parts, mistakes = parts_of(module, names)
    mistakes += _taken(parts, source)
    if mistakes:
        raise OwnCodeError("\n".join(f"{source.place}: {mistake}" for mistake in mistakes))
    _forget(source.key)
    for part in parts:
        _register(part, source)
    _LOADED[source.key] = source
    return source


def sources_of(parts: Iterable[tuple[Kind, str]]) -> list[Source]:
    """The sources of those of the parts that are a user's own, each once."""
    found = {_SOURCES[part].key: _SOURCES[part] for part in parts if part in _SOURCES}
    return list(found.values())


def unload_all() -> None:
    """Removes every part that is a user's own."""
    for key in list(_LOADED):
        _forget(key)
        del _LOADED[key]


def is_own(kind: Kind, name: str) -> bool:
    return (kind, name) in PARTS


def own_class(kind: Kind, name: str) -> Any:
    """The class or function of a part."""
    return _CODE[kind, name]


def _package(source: Source) -> str:
    return source.module.partition(".")[0]


def _taken(parts: Iterable[Part], source: Source) -> list[str]:
    """A line for each name that something else has."""
    mistakes, seen = [], set()
    for part in parts:
        key = part.kind, part.name
        own = _SOURCES.get(key)
        if key in seen:
            mistakes.append(f"two {part.kind}s are named {part.name}; rename one")
        elif own is not None and own.key != source.key:
            mistakes.append(f"{part.kind} {part.name}: {own.place} has this name too; rename one")
        elif own is None and (
            part.name in _SPECS[part.kind] or (part.kind == "model" and part.name in MODEL_ALIASES)
        ):
            mistakes.append(
                f"{part.kind} {part.name}: a built-in {part.kind} has this name; rename yours"
            )
        seen.add(key)
    return mistakes


def _forget(key: str) -> None:
    for part in [part for part, source in _SOURCES.items() if source.key == key]:
        kind, name = part
        _SPECS[kind].pop(name, None)
        _table(kind).pop(name, None)
        for table in (_SOURCES, PARTS, _CODE):
            table.pop(part, None)


def _register(part: Part, source: Source) -> None:
    key = part.kind, part.name
    spec = part.spec
    if part.kind == "dataset":
        spec = replace(spec, sources=(OWN_SOURCE,))
        part.code.spec = spec
        part.code.fingerprint = f"{part.name}/own-{source.digest}"
    elif part.kind == "measure":
        spec = replace(spec, digest=source.digest)
    _SPECS[part.kind][part.name] = spec
    PARTS[key] = OwnPart(part.kind, part.name, source.digest, source.place)
    _SOURCES[key], _CODE[key] = source, part.code
    _table(part.kind)[part.name] = _entry(part)


def _entry(part: Part) -> Any:
    """What the table of code holds."""
    if part.kind == "dataset":
        from trainers.datasets.opener import Opener

        return Opener(part.name, **{OWN_SOURCE: part.code})
    if part.kind == "measure":
        from trainers.own_code.measure import from_statistics

        return from_statistics(part.code)
    return part.code


def _table(kind: Kind) -> dict[str, Any]:
    """The built-in table of code, to which a part is added."""
    if kind == "model":
        from trainers.objectives import OBJECTIVES

        return OBJECTIVES
    if kind == "network":
        from trainers.networks import NETWORKS as BUILDERS

        return BUILDERS
    if kind == "dataset":
        from trainers.datasets import DATASETS as OPENERS

        return OPENERS
    from trainers.measures import MEASURES as FUNCTIONS

    return FUNCTIONS
