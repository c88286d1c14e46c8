"""The axes of every model: batch size, learning rate, iterations and others."""

from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from sweeper import messages
from sweeper.grid.blocks.use import brought_by_package
from sweeper.grid.syntax import scalars
from sweeper.grid.syntax.fields import (
    Block,
    Flag,
    Integer,
    OneManyOrRange,
    OneOrMany,
    Range,
    Real,
    Word,
)
from trainers.specs.networks import NETWORKS

AUTO = "auto"


def network_names() -> tuple[str, ...]:
    """What the axis `network` may hold, networks of a user's own that are loaded among them."""
    return (AUTO, *NETWORKS)


Positive = Annotated[Integer, Field(ge=1)]
Rate = Annotated[Real, Field(gt=0)]


def _size(value: Any) -> int | str:
    if value == AUTO:
        return AUTO
    size = scalars.integer(value)
    if size < 1:
        raise ValueError("must be at least 1, or `auto`.")
    return size


def _network(value: Any) -> str:
    name = scalars.text(value)
    if name not in network_names() and not brought_by_package("network", name):
        raise ValueError(messages.unknown(name, network_names()))
    return name


LatentDim = Annotated[
    int | str,
    PlainValidator(_size),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"const": AUTO}]}),
]
Network = Annotated[
    str,
    PlainValidator(_network, json_schema_input_type=str),
    Field(json_schema_extra=lambda schema: schema.update(enum=list(network_names()))),
]
Reconstruction = Annotated[Literal["mse", "bernoulli", "gaussian"], Word]
Precision = Annotated[Literal["fp32", "tf32", "bf16"], Word]


class Axes(Block):
    """Each axis is a value or a list of values; lists multiply. A missing axis has one value.

    iterations      milestones at which a training is scored; the longest sets its length
    batch_size      64; may be a range in a grid with `search`, like the next two
    learning_rate   1e-4
    latent_dim      auto: the number of the dataset's labelled factors
    network         auto: the dataset's default
    reconstruction  mse, bernoulli, or gaussian: without a sigmoid, for values outside [0, 1]
    precision       fp32; tf32: float32 with TF32 products on a GPU; or bf16
    tf32            true: tf32 in place of fp32 among the precisions"""

    iterations: Annotated[tuple[Positive, ...], OneOrMany()] | None = None
    batch_size: Annotated[tuple[int, ...] | Range, OneManyOrRange(tuple[Positive, ...])] | None = (
        None
    )
    learning_rate: Annotated[tuple[float, ...] | Range, OneManyOrRange(tuple[Rate, ...])] | None = (
        None
    )
    latent_dim: (
        Annotated[tuple[int | str, ...] | Range, OneManyOrRange(tuple[LatentDim, ...])] | None
    ) = None
    network: Annotated[tuple[Network, ...], OneOrMany()] | None = None
    reconstruction: Annotated[tuple[Reconstruction, ...], OneOrMany()] | None = None
    precision: Annotated[tuple[Precision, ...], OneOrMany()] | None = None
    tf32: Flag | None = None

    @classmethod
    def names(cls) -> list[str]:
        """The axes themselves: every field but the short form `tf32`."""
        return [name for name in cls.model_fields if name != "tf32"]


DEFAULTS: dict[str, tuple[Any, ...]] = {
    "batch_size": (64,),
    "learning_rate": (1e-4,),
    "latent_dim": (AUTO,),
    "network": (AUTO,),
    "reconstruction": ("mse",),
    "precision": ("fp32",),
}


def merged(*layers: Axes | None) -> dict[str, tuple[Any, ...] | Range]:
    """All axes with a value; later layers replace whole axes of earlier ones."""
    axes: dict[str, Any] = dict(DEFAULTS)
    for layer in layers:
        if layer is None:
            continue
        given = {name: getattr(layer, name) for name in Axes.names()}
        axes |= {name: values for name, values in given.items() if values is not None}
        if layer.tf32 is not None:
            old, new = ("fp32", "tf32") if layer.tf32 else ("tf32", "fp32")
            renamed = (new if value == old else value for value in axes["precision"])
            axes["precision"] = tuple(dict.fromkeys(renamed))
    return axes
