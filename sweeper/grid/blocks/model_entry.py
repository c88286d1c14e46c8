"""An entry of `models`: a model with values for its parameters.

    models:
      - vae                                       # a name: every parameter at its default
      - beta_vae: {beta: [2, 4]}                  # lists multiply
      - beta_vae:
          beta: {learned: beta, from: table6_1.yaml, model: l_vae, select: cbd}
      - mdl_vae_weak: {datasets: [mpi3d]}         # only on these datasets of the grid
      - vae: {axes: {learning_rate: 1e-3}}        # replaces these axes of the grid

`datasets`, `axes`, `zip`, `exclude` and `include` are the entry's own settings; everything else is
a parameter of the model."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from sweeper import messages
from sweeper.grid.blocks.axes import Axes
from sweeper.grid.blocks.points import Groups, Points, read_points
from sweeper.grid.blocks.use import brought_by_package
from sweeper.grid.syntax import scalars
from sweeper.grid.syntax.fields import (
    Block,
    Integer,
    OneOrMany,
    Range,
    Text,
    as_list,
    drop_duplicates,
    warnings_of,
)
from sweeper.grid.syntax.mistakes import Mistake, mistakes_of, raise_mistakes, unknown_key
from trainers.specs.models import MODEL_ALIASES, MODELS
from trainers.specs.parameters import Param, Value

SETTINGS = ("datasets", "axes", "zip", "exclude", "include")


def model_names() -> tuple[str, ...]:
    """Models and aliases, those of a user's own that are loaded among them."""
    return (*MODELS, *MODEL_ALIASES)


def model_params(name: str) -> tuple[Param, ...]:
    """The parameters of a model; for an alias, those of its first model."""
    resolved = MODEL_ALIASES[name].first if name in MODEL_ALIASES else name
    params: tuple[Param, ...] = MODELS[resolved].params
    return params


class Learned(Block):
    """A value that a selected run of another grid has learned.

    learned: the weight, as in that run's trajectory ('beta', 'sigma/recon').  from: the other
    grid's file, relative to this one.  model, select: the run: the best of this model on the same
    dataset by this metric.  digits: decimal places to round to."""

    learned: Text
    from_: Text = Field(alias="from")
    model: Text
    select: Text = "cbd"
    digits: Annotated[Integer, Field(ge=0, le=15)] | None = None

    def __str__(self) -> str:
        return f"{self.learned} learned by {self.model} in {self.from_}, selected by {self.select}"


Values = tuple[Value | Learned, ...]


class ModelEntry(Block):
    """A requested model. `params` holds only the given ones, typed."""

    name: Text
    params: Mapping[str, Any] = {}  # each of type Values or Range
    datasets: Annotated[tuple[Text, ...], OneOrMany()] | None = None
    axes: Axes | None = None
    zip: Groups = ()
    exclude: Points = ()
    include: Points = ()

    @classmethod
    def normalised(cls, entry: Any) -> Mapping[str, Any]:
        """{name: {beta: 4, datasets: ..}} as {name, params: {beta: 4}, datasets: ..}."""
        if isinstance(entry, str):
            return {"name": entry}
        if not isinstance(entry, Mapping):
            raise ValueError("must be a model's name or {name: parameters}.")
        if len(entry) != 1:
            keys = (
                ", ".join(messages.quoted(str(key), 20)[1:-1] for key in list(entry)[:5])
                or "no key"
            )
            raise ValueError(
                f"has {keys}; an entry is one name, with its settings indented under it."
            )
        [(name, given)] = entry.items()
        if scalars.is_empty(given):
            return {"name": name}
        if not isinstance(given, Mapping):
            raise ValueError(
                f"must be {{{messages.quoted(str(name))[1:-1]}: {{parameter: value}}}}."
            )
        settings = {key: value for key, value in given.items() if key in SETTINGS}
        params = {key: value for key, value in given.items() if key not in SETTINGS}
        return {"name": name, "params": params, **settings}

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in model_names() and not brought_by_package("model", name):
            raise ValueError(messages.unknown(name, model_names()))
        return name

    @field_validator("params", mode="plain")
    @classmethod
    def _typed(cls, given: Mapping[str, Any], info: ValidationInfo) -> dict[str, Values | Range]:
        if "name" not in info.data:
            return {}
        return read_params(info.data["name"], given, warnings_of(info))

    @field_validator("exclude", "include", mode="plain")
    @classmethod
    def _points(cls, raw: Any, info: ValidationInfo) -> Points:
        if "name" not in info.data:
            return ()
        name, warnings = info.data["name"], warnings_of(info)
        names = [param.name for param in model_params(name)]
        return read_points(name, names, raw, lambda given: read_params(name, given, warnings))


def read_params(
    model: str, given: Mapping[str, Any], warnings: list[str]
) -> dict[str, Values | Range]:
    """Every value, typed by the model's specification. Raises ValidationError with all mistakes."""
    known = {param.name: param for param in model_params(model)}
    typed: dict[str, Values | Range] = {}
    found: list[Mistake] = []
    for key, raw in given.items():
        if key not in known:
            found.append(unknown_key(key, [*known, *SETTINGS], model))
            continue
        try:
            typed[key] = _read_param(known[key], raw, warnings)
        except ValueError as error:
            found += mistakes_of(error, key, value=raw)
    if found:
        raise_mistakes(model, found)
    return typed


def _read_param(param: Param, raw: Any, warnings: list[str]) -> Values | Range:
    if isinstance(raw, Range) or (isinstance(raw, Mapping) and {"low", "high"} & set(raw)):
        return _read_range(param, raw)
    found: list[Mistake] = []
    typed: list[Value | Learned] = []
    items = as_list(raw)
    for index, item in enumerate(items):
        try:
            typed.append(_read_value(param, item))
        except ValueError as error:
            found += mistakes_of(error, index, value=item)
    if found:
        raise_mistakes(param.name, found)
    return drop_duplicates(items, typed, warnings)


def _read_value(param: Param, raw: Any) -> Value | Learned:
    if isinstance(raw, Learned):
        return raw
    if isinstance(raw, Mapping) and "learned" in raw:
        if param.kind != "float":
            raise ValueError("cannot be learned: it is not a real number.")
        return Learned.model_validate(raw)
    return _parsed(param, _scalar(param, raw))


def _scalar(param: Param, raw: Any) -> Any:
    """The Python value of a scalar, given the parameter's kind."""
    if param.kind == "bool":
        return scalars.boolean(raw)
    if param.kind == "int":
        return scalars.integer(raw)
    if param.kind == "float":
        return scalars.real(raw)
    if param.kind == "target":
        return raw
    word = scalars.text(raw)
    if word not in param.choices:
        raise ValueError(messages.unknown(word, param.choices))
    return word


def _read_range(param: Param, raw: Any) -> Range:
    if param.kind not in ("float", "int"):
        raise ValueError(f"cannot be a range: it is a {param.kind}.")
    between = Range.model_validate(raw)
    for end in (between.low, between.high):
        _parsed(param, end)
    if param.kind == "int" and between.step is not None:
        scalars.integer(between.step)
    return between


def _parsed(param: Param, value: Any) -> Value:
    try:
        typed: Value = param.parse(value)
    except ValueError as error:
        raise ValueError(f"{error}.") from None
    return typed
