"""`sweeper measure`: anybody's representation, scored."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sweeper import messages
from sweeper.errors import UsageError
from trainers.specs.measures import MEASURES, PROTOCOLS, with_companions


@dataclass(frozen=True)
class Measured:
    """A file's scores, and what they were made from. notes: what a reader should know.

    Shapes: N points, L latents, K factors."""

    file: Path
    protocol: str
    scores: dict[str, float]
    latents_NL: np.ndarray
    factors_NK: np.ndarray
    notes: tuple[str, ...] = ()


def measure_file(
    file: Path, names: Sequence[str] | None, *, protocol: str, seed: int, alpha: float
) -> Measured:
    """A measure that is not shown alone brings its companion.

    Raises UsageError with every wrong option, DataError for a wrong file, MeasureError for a
    representation that cannot be scored."""
    mistakes = [
        f"--measures {name} {messages.unknown(name, list(MEASURES))}"
        for name in names or ()
        if name not in MEASURES
    ]
    if protocol not in PROTOCOLS:
        mistakes.append(f"--protocol {protocol} {messages.unknown(protocol, list(PROTOCOLS))}")
    if not 0 <= alpha <= 1:
        mistakes.append(f"--alpha {alpha} is not a number from 0 to 1")
    if seed < 0:
        mistakes.append(f"--seed {seed} is below 0")
    if mistakes:
        raise UsageError("\n".join(mistakes))
    from trainers.measures import score
    from trainers.measures.representation.checks import constant_factors
    from trainers.measures.representation.files import load_representation

    latents_NL, factors_NK = load_representation(file)
    asked = None if names is None else with_companions(names)
    scores = score(
        latents_NL, factors_NK, measures=asked, protocol=protocol, seed=seed, alpha=alpha
    )
    notes = tuple(
        f"factors[:, {k}] has one value for all points, which says nothing about the latents and "
        "lowers measures that average over factors"
        for k in constant_factors(factors_NK)
    )
    return Measured(file, protocol, scores, latents_NL, factors_NK, notes)
