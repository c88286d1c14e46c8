"""Training distributions over factors: correlated factors, and combinations that are left out.

    correlate   weight = prod_pairs exp(-(a - b)^2 / (2 sigma^2)), a and b a factor's value divided
                by its largest, so both lie in [0, 1] (Traeuble et al. 2021). In the paper's form,
                exp(-(c1 - alpha c2)^2 / ..) with alpha = c1_max / c2_max, sigma is here in units of
                c1_max, as in the code of Roth et al. 2023 (disentangling-correlated-factors).
    without     images of which every named factor lies within its first and last value are never
                trained on (Montero et al. 2021).

Only minibatches are affected; scores are of the usual evaluation images, with every combination."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

Pair = tuple[str, str, float]
Box = tuple[tuple[str, int, int], ...]  # (factor, first value, last value)
Finding = tuple[tuple[str | int, ...], str]
_MOST = 2_000_000  # combinations that are tried in the search for one that is left


@dataclass(frozen=True)
class FactorSplit:
    """In canonical order: the same distribution is equal, however it was written."""

    correlate: tuple[Pair, ...] = ()
    without: tuple[Box, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.correlate or self.without)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, as identities hold them; `factor_split` reads them."""
        boxes = [{name: [first, last] for name, first, last in box} for box in self.without]
        found = {"correlate": [list(pair) for pair in self.correlate], "without": boxes}
        return {key: value for key, value in found.items() if value}

    def label(self) -> str:
        """'shape~posX 0.2, without shape 0 x orientation 20-39', for tables and plans."""
        pairs = [f"{a}~{b} {sigma:g}" for a, b, sigma in self.correlate]
        boxes = [f"without {' x '.join(map(_span, box))}" for box in self.without]
        return ", ".join([*pairs, *boxes])


def factor_split(plain: Mapping[str, Any]) -> FactorSplit:
    """From {correlate: [[a, b, sigma], ..], without: [{a: [first, last]}, ..]}.

    Raises ValueError, TypeError or KeyError for other forms."""
    if unknown := set(plain) - {"correlate", "without"}:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    pairs = {
        (min(str(a), str(b)), max(str(a), str(b)), float(sigma))
        for a, b, sigma in plain.get("correlate", ())
    }
    boxes = {
        tuple(sorted((str(name), int(first), int(last)) for name, (first, last) in box.items()))
        for box in plain.get("without", ())
    }
    return FactorSplit(tuple(sorted(pairs)), tuple(sorted(boxes)))


def problems(split: FactorSplit, sizes: Mapping[str, int]) -> Iterator[Finding]:
    """(place, what is wrong) for factors of these sizes; () as the place is the whole."""
    seen: set[tuple[str, str]] = set()
    for index, (a, b, sigma) in enumerate(split.correlate):
        where = ("correlate", index)
        yield from ((where, _unknown(name, sizes)) for name in dict.fromkeys((a, b))
                    if name not in sizes)  # fmt: skip
        if a == b:
            yield where, f"correlates {a} with itself; name two factors."
        elif (min(a, b), max(a, b)) in seen:
            yield where, f"correlates {a} and {b} a second time; give one sigma."
        seen.add((min(a, b), max(a, b)))
        yield from ((where, f"{name} has one value, which nothing can be correlated with.")
                    for name in (a, b) if sizes.get(name) == 1)  # fmt: skip
        if not 0 < sigma < float("inf"):
            yield where, f"has the sigma {sigma:g}; it must be above 0."
    for index, box in enumerate(split.without):
        for name, first, last in box:
            where = ("without", index)
            if name not in sizes:
                yield where, _unknown(name, sizes)
            elif not 0 <= first <= last < sizes[name]:
                span = _span((name, first, last))
                yield where, f"has {span}; allowed are 0 to {sizes[name] - 1}, the lower first."
        if not box:
            yield ("without", index), "names no factor, so it would leave out every image."
    if all(name in sizes for box in split.without for name, *_ in box) and not is_any_left(
        split.without, sizes
    ):
        yield (), "leaves out every combination of factors; nothing is left to train on."


def is_any_left(boxes: Sequence[Box], sizes: Mapping[str, int]) -> bool:
    """Whether a combination of factor values is in none of the boxes. True where too many
    combinations would have to be tried; opening the training then raises the error."""
    names = sorted({name for box in boxes for name, *_ in box})
    # One value stands for all between two bounds.
    starts = {
        name: sorted({0} | {edge for box in boxes for n, first, last in box if n == name
                            for edge in (first, last + 1) if edge < sizes[name]})
        for name in names
    }  # fmt: skip
    if prod(len(values) for values in starts.values()) > _MOST:
        return True
    return any(
        not any(_contains(box, dict(zip(names, values, strict=True))) for box in boxes)
        for values in product(*(starts[name] for name in names))
    )


def _contains(box: Box, values: Mapping[str, int]) -> bool:
    return all(first <= values[name] <= last for name, first, last in box)


def _unknown(name: str, sizes: Mapping[str, int]) -> str:
    return f"names {name!r}, which is no factor. Known: {', '.join(sizes)}."


def _span(part: tuple[str, int, int]) -> str:
    name, first, last = part
    return f"{name} {first}" if first == last else f"{name} {first}-{last}"
