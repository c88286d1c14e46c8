"""`zip`, `exclude` and `include`: runs other than the full product, of a grid or of one model.

    zip: [batch_size, learning_rate]        # the first with the first, the second with the second
    exclude:
      - {batch_size: 64, learning_rate: [1e-4, 1e-5]}     # points that have all of these values
    include:
      - {batch_size: 512, learning_rate: 3e-4}            # added; other axes keep their lists

At the top of a grid they hold for all models, and a point may name `model` and `dataset` too; in an
entry of `models` its parameters can be named as well. Included points are not excluded again."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from sweeper.grid.blocks.axes import LatentDim, Network, Positive, Precision, Rate, Reconstruction
from sweeper.grid.blocks.seeds import Seed
from sweeper.grid.syntax import scalars
from sweeper.grid.syntax.fields import Block, OneOrMany, Text, as_list
from sweeper.grid.syntax.mistakes import Mistake, mistakes_of, raise_mistakes, unknown_key
from trainers.specs.models import MODELS

Points = tuple[Mapping[str, tuple[Any, ...]], ...]


class PointAxes(Block):
    """Values of axes that a point has; an axis that is not named may have any value."""

    batch_size: Annotated[tuple[Positive, ...], OneOrMany()] | None = None
    learning_rate: Annotated[tuple[Rate, ...], OneOrMany()] | None = None
    latent_dim: Annotated[tuple[LatentDim, ...], OneOrMany()] | None = None
    network: Annotated[tuple[Network, ...], OneOrMany()] | None = None
    reconstruction: Annotated[tuple[Reconstruction, ...], OneOrMany()] | None = None
    precision: Annotated[tuple[Precision, ...], OneOrMany()] | None = None
    seed: Annotated[tuple[Seed, ...], OneOrMany()] | None = None

    @classmethod
    def normalised(cls, value: Any) -> Mapping[str, Any]:
        given = super().normalised(value)
        if not given:
            raise ValueError(f"names no value. Known: {', '.join(cls.keys())}.")
        return given

    def values(self) -> dict[str, tuple[Any, ...]]:
        """The named values, by axis."""
        given = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: values for name, values in given.items() if values is not None}


class GridPoint(PointAxes):
    """A point at the top of a grid. model, dataset: where it holds; None means everywhere."""

    model: Annotated[tuple[Text, ...], OneOrMany()] | None = None
    dataset: Annotated[tuple[Text, ...], OneOrMany()] | None = None

    @classmethod
    def normalised(cls, value: Any) -> Mapping[str, Any]:
        params = {param.name for spec in MODELS.values() for param in spec.params}
        named = params.difference(cls.keys()).intersection(
            value if isinstance(value, Mapping) else ()
        )
        if named:
            raise ValueError(
                f"names {', '.join(sorted(named))} of a model: write such points in the model's "
                "entry, as in models: {beta_vae: {beta: [2, 4], exclude: {beta: 4}}}."
            )
        return super().normalised(value)


AXES = tuple(PointAxes.model_fields)


def read_points(model: str, params: Any, raw: Any, read_params: Any) -> Points:
    """The points of an entry of `models`. params: names of its parameters.  read_params: types
    them. Raises ValidationError with all mistakes."""
    found: list[Mistake] = []
    points = []
    for index, item in enumerate(as_list(raw)):
        try:
            points.append(_read_point(model, params, item, read_params))
        except ValueError as error:
            found += mistakes_of(error, index, value=item)
    if found:
        raise_mistakes(model, found)
    return tuple(points)


def _read_point(model: str, params: Any, item: Any, read_params: Any) -> dict[str, tuple[Any, ...]]:
    if not isinstance(item, Mapping) or not item:
        raise ValueError("must be a mapping of parameters and axes to values.")
    known = (*params, *AXES)
    found = [unknown_key(key, known, model) for key in item if key not in known]
    axes = {key: value for key, value in item.items() if key in AXES}
    values: dict[str, tuple[Any, ...]] = {}
    for read in (
        lambda: PointAxes.model_validate(axes).values() if axes else {},
        lambda: read_params({key: item[key] for key in item if key in params}),
    ):
        try:
            values |= read()
        except ValueError as error:
            found += mistakes_of(error)
    if found:
        raise_mistakes(model, found)
    return values


def _read_groups(raw: Any) -> tuple[tuple[str, ...], ...]:
    """Groups of axes that advance together: one list of names, or a list of such lists."""
    items = as_list(raw)
    groups = items if isinstance(items[0], list | tuple) else [items]
    names = tuple(tuple(scalars.text(name) for name in as_list(group)) for group in groups)
    if any(len(group) < 2 for group in names):
        raise ValueError("pairs axes: name two or more, as in [batch_size, learning_rate].")
    return names


_NAMES = {"type": "array", "items": {"type": "string"}, "minItems": 2}
GROUPS_SCHEMA: dict[str, Any] = {
    "anyOf": [_NAMES, {"type": "array", "items": _NAMES, "minItems": 1}]
}
Groups = Annotated[
    tuple[tuple[str, ...], ...], PlainValidator(_read_groups), WithJsonSchema(GROUPS_SCHEMA)
]
