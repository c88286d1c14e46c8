"""The page of models: equation, source, parameters and notes of each."""

import inspect

from docs.tools.reference.equations import MODELS_TEX, SYMBOLS
from docs.tools.reference.markdown import escape, prose, table
from trainers.objectives import OBJECTIVES
from trainers.specs.models import MODEL_ALIASES, MODELS, ModelSpec
from trainers.specs.parameters import Param


def models_page() -> str:
    return "\n\n".join(
        [
            "# Models",
            SYMBOLS,
            table(
                ("model", "", "source"),
                [
                    (f"[`{s.name}`](#model-{_slug(s.name)})", s.title, s.source)
                    for s in MODELS.values()
                ],
            ),
            *(_section(spec) for spec in MODELS.values()),
            *(
                f"(model-{_slug(alias.name)})=\n## {alias.name}: {alias.title}\n\nTrains "
                f"`{alias.first}`, then `{alias.then}` if every learned sigma of the latents ended "
                f"below 0.5. Source: {escape(alias.source)}."
                for alias in MODEL_ALIASES.values()
            ),
        ]
    )


def _slug(name: str) -> str:
    return name.replace("_", "-")


def _section(spec: ModelSpec) -> str:
    notes = inspect.getdoc(OBJECTIVES[spec.name])
    return "\n\n".join(
        [
            f"(model-{_slug(spec.name)})=\n## {spec.name}: {spec.title}",
            f"$$\n{MODELS_TEX[spec.name]}\n$$",
            f"Source: {escape(spec.source)}. Reconstruction: {', '.join(spec.reconstructions)}.",
            prose(notes),
            _parameters(spec.params),
            f"```yaml\nmodels: {example(spec)}\n```",
        ]
    )


def example(spec: ModelSpec) -> str:
    """An entry of `models`."""
    numbers = [param for param in spec.params if param.kind in ("float", "int")]
    if not numbers:
        return spec.name
    return f"{{{spec.name}: {{{numbers[0].name}: {numbers[0].default}}}}}"


def _parameters(params: tuple[Param, ...]) -> str:
    if not params:
        return "No parameters."
    rows = [
        (f"`{p.name}`", _kind(p), f"`{p.default}`", escape(p.doc + _condition(p))) for p in params
    ]
    return table(("parameter", "type and bounds", "default", "meaning"), rows)


def _kind(param: Param) -> str:
    bounds = (("at least", param.minimum), ("at most", param.maximum), ("above", param.above))
    shown = [f"{word} {value:g}" for word, value in bounds if value is not None]
    kind = ", ".join(param.choices) if param.choices else param.kind
    return ", ".join([kind, *shown])


def _condition(param: Param) -> str:
    return f"; with {param.needs[0]}: {param.needs[1]} only" if param.needs else ""
