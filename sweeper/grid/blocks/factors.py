"""`factors`: which images a training draws; a list of distributions is one more axis.

factors:
  - all                                                        # every image, as without the key
  - correlate: [[shape, posX, 0.2]]                            # sigma 0.2 (Traeuble et al. 2021)
  - without: [{shape: 0, orientation: [20, 39]}]               # both at once (Montero et al. 2021)

`trainers.factor_splits` has the definitions. A factor's value is its number from 0 on; two numbers
in brackets are the first and the last of a span."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from sweeper.grid.syntax import scalars
from sweeper.grid.syntax.fields import Block, OneOrMany, as_list
from trainers.factor_splits import FactorSplit, factor_split

ALL = "all"


def _pairs(value: Any) -> tuple[tuple[str, str, float], ...]:
    rows = as_list(value)
    if not isinstance(rows[0], list | tuple):
        rows = [rows]
    if any(not isinstance(row, list | tuple) or len(row) != 3 for row in rows):
        raise ValueError("must be a list of [factor, factor, sigma], as in [[shape, posX, 0.2]].")
    return tuple((scalars.text(a), scalars.text(b), scalars.real(sigma)) for a, b, sigma in rows)


def _box(value: Any) -> dict[str, tuple[int, int]]:
    if not isinstance(value, Mapping) or not value:
        raise ValueError("must name factors and values, as in {shape: 0, orientation: [20, 39]}.")
    return {scalars.text(name): _span(name, span) for name, span in value.items()}


def _span(name: str, value: Any) -> tuple[int, int]:
    ends = as_list(value)
    if len(ends) > 2:
        raise ValueError(
            f"has {len(ends)} values of {name}; give one, or [first, last], and other values in "
            "further entries of `without`."
        )
    return scalars.integer(ends[0]), scalars.integer(ends[-1])


_PAIR = {"type": "array", "minItems": 3, "maxItems": 3}
_INTEGERS = {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2}
_BOX = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"anyOf": [{"type": "integer"}, _INTEGERS]},
}
Pairs = Annotated[
    tuple[tuple[str, str, float], ...],
    PlainValidator(_pairs),
    WithJsonSchema({"anyOf": [_PAIR, {"type": "array", "items": _PAIR, "minItems": 1}]}),
]
Box = Annotated[dict[str, tuple[int, int]], PlainValidator(_box), WithJsonSchema(_BOX)]


class Factors(Block):
    """A distribution of training images; `all` is every image. Scores are of all combinations.

    correlate: pairs of factors and the sigma of their correlation, a fraction of their ranges.
    without: combinations that are left out: a value, or [first, last], of each named factor."""

    correlate: Pairs = ()
    without: Annotated[tuple[Box, ...], OneOrMany(drop_duplicates=False)] = ()

    @classmethod
    def normalised(cls, value: Any) -> Mapping[str, Any]:
        return {} if isinstance(value, str) and value == ALL else super().normalised(value)

    @property
    def split(self) -> FactorSplit:
        return factor_split({"correlate": self.correlate, "without": self.without})
