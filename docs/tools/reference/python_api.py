"""The page of the Python API: signatures and docstrings of what `sweeper` exports."""

import inspect
import re
from typing import Any

import sweeper
from docs.tools.reference.markdown import prose
from sweeper.analysis.study import Study
from sweeper.grid.syntax.fields import Block
from sweeper.launching.outcome import Outcome
from sweeper.planning.plan import Plan
from sweeper.planning.settings import Settings
from trainers.measures import score

RETURNED = (Study, Plan, Outcome, Settings)


def python_page() -> str:
    names = [name for name in sweeper.__all__ if name != "__version__"]
    return "\n\n".join(
        [
            "# Python API",
            "`from sweeper import ...` loads a name at its first use. [](../howto/pandas.md) has "
            "examples.",
            *(_section(name, getattr(sweeper, name)) for name in names),
            _section("score", score, "trainers.measures"),
            "## Classes that these return or take",
            *(_section(c.__name__, c, c.__module__, level="###") for c in RETURNED),
        ]
    )


def _section(name: str, value: Any, module: str = "sweeper", level: str = "##") -> str:
    parts = [f"{level} {module}.{name}", f"```text\n{_signature(name, value)}\n```"]
    parts.append(prose(inspect.getdoc(value)))
    if inspect.isclass(value) and module != "sweeper":
        parts += [_method(n, f) for n, f in vars(value).items() if _is_public_method(n, f)]
    return "\n\n".join(part for part in parts if part)


def _signature(name: str, value: Any) -> str:
    if inspect.isclass(value) and issubclass(value, Exception):
        return name
    if inspect.isclass(value) and issubclass(value, Block):
        return f"{name}({', '.join(f'{key}=...' for key in value.keys())})"
    signature = inspect.signature(value)
    parameters = [str(parameter) for parameter in signature.parameters.values()]
    if any(p.kind is p.KEYWORD_ONLY for p in signature.parameters.values()):
        first = next(
            n for n, p in enumerate(signature.parameters.values()) if p.kind is p.KEYWORD_ONLY
        )
        if not any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values()):
            parameters.insert(first, "*")
    returned = signature.return_annotation
    arrow = "" if returned is signature.empty else f" -> {inspect.formatannotation(returned)}"
    parameters, arrow = [_short(parameter) for parameter in parameters], _short(arrow)
    one_line = f"{name}({', '.join(parameters)}){arrow}"
    if len(one_line) < 88:
        return one_line
    return f"{name}(\n" + "".join(f"    {parameter},\n" for parameter in parameters) + f"){arrow}"


def _short(text: str) -> str:
    """Names without their modules, and `...` for defaults that have no spelling."""
    without_modules = re.sub(r"\b([A-Za-z_]\w*\.)+(?=\w)", "", text)
    return re.sub(r" = <.*>$", " = ...", without_modules)


def _is_public_method(name: str, value: Any) -> bool:
    is_method = inspect.isfunction(value) or isinstance(value, property)
    return is_method and not name.startswith("_") and bool(inspect.getdoc(value))


def _method(name: str, value: Any) -> str:
    text = prose(inspect.getdoc(value))
    if isinstance(value, property):
        return f"`.{name}`: {text}"
    return f"```text\n.{_signature(name, value)}\n```\n\n{text}"
