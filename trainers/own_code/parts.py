"""The parts that a loaded module defines, and the mistakes in them.

A model is a subclass of Objective, a network one of AutoEncoder, a dataset one of OwnDataset, each
with a `spec`; a measure is a function with the decorator `measure`."""

import inspect
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from trainers.specs.datasets import DatasetSpec
from trainers.specs.measures import MeasureSpec
from trainers.specs.models import ModelSpec
from trainers.specs.networks import NetworkSpec
from trainers.specs.own import Kind

# kind: module and name of the base class, class of the spec, methods of which a part has its own
_CLASSES: dict[Kind, tuple[str, str, type, tuple[str, ...]]] = {
    "model": ("trainers.objectives.base", "Objective", ModelSpec, ("loss",)),
    "network": ("trainers.networks.base", "AutoEncoder", NetworkSpec, ("__init__",)),
    "dataset": ("trainers.datasets.access.own", "OwnDataset", DatasetSpec, ("images", "factors")),
}


@dataclass(frozen=True)
class Part:
    """code: the class or function.  spec: a ModelSpec, NetworkSpec, DatasetSpec or MeasureSpec."""

    kind: Kind
    spec: Any
    code: Any

    @property
    def name(self) -> str:
        return str(self.spec.name)


def parts_of(module: ModuleType, names: Collection[str]) -> tuple[list[Part], list[str]]:
    """(the parts that a module defines, one line for each mistake in one).

    names: of the modules that the source consists of; what comes from elsewhere is left out."""
    parts: list[Part] = []
    mistakes: list[str] = []
    for code in _defined(module, names):
        found = _measure(code) if inspect.isfunction(code) else _class(code)
        if found is not None:
            parts.append(found)
            mistakes += _mistakes(found)
        elif inspect.isclass(code) and (mistake := _without_spec(code)):
            mistakes.append(mistake)
    if not parts and not mistakes:
        mistakes.append(
            "defines no model, network, dataset or measure: a class needs a base such as Objective "
            "and a `spec`, a function the decorator `measure` (docs/howto/own_code.md)"
        )
    return parts, mistakes


def _defined(module: ModuleType, names: Collection[str]) -> Iterator[Any]:
    seen = set()
    for value in vars(module).values():
        is_code = inspect.isclass(value) or inspect.isfunction(value)
        if is_code and value.__module__ in names and id(value) not in seen:
            seen.add(id(value))
            yield value


def _measure(code: Any) -> Part | None:
    spec = getattr(code, "spec", None)
    return Part("measure", spec, code) if isinstance(spec, MeasureSpec) else None


def _class(code: type) -> Part | None:
    for kind, (_, _, spec_class, _) in _CLASSES.items():
        base, spec = _base(kind), vars(code).get("spec")
        if base is not None and issubclass(code, base) and isinstance(spec, spec_class):
            return Part(kind, spec, code)
    return None


def _base(kind: Kind) -> Any:
    """The base class, or None where nothing has loaded it, so that no class is derived from it."""
    module, name, *_ = _CLASSES[kind]
    return getattr(sys.modules.get(module), name, None)


def _without_spec(code: type) -> str:
    """What is wrong with a class whose `spec` is not one of its base's, or ''."""
    if "spec" not in vars(code):
        return ""
    wanted = [c[2].__name__ for k, c in _CLASSES.items() if (b := _base(k)) and issubclass(code, b)]
    if wanted:
        return f"class {code.__name__}: spec must be a {wanted[0]}"
    bases = "Objective, AutoEncoder or OwnDataset"
    return f"class {code.__name__} has a spec and no base: derive it from {bases}"


def _mistakes(part: Part) -> Iterator[str]:
    if part.kind == "measure":
        names = list(inspect.signature(part.code).parameters)
        if names[:2] != ["latents_NL", "factors_NK"] or names[2:] not in ([], ["seed"]):
            yield (
                f"measure {part.name}: takes ({', '.join(names)}); it must take "
                "(latents_NL, factors_NK) or (latents_NL, factors_NK, seed)"
            )
        return
    for method in _CLASSES[part.kind][3]:
        if _is_inherited(part.code, _base(part.kind), method):
            yield f"class {part.code.__name__} ({part.kind} {part.name}) has no method {method}"
    array_dataset = getattr(sys.modules.get(_CLASSES["dataset"][0]), "ArrayDataset", None)
    if array_dataset in part.code.__mro__ and _is_inherited(part.code, array_dataset, "arrays"):
        yield f"class {part.code.__name__} (dataset {part.name}) has no method arrays"


def _is_inherited(code: type, base: Any, method: str) -> bool:
    return getattr(code, method) is getattr(base, method)
