"""`sweeper measure`: anybody's representation, scored."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sweeper import words
from sweeper.errors import UsageError
from trainers.specs.measures import MEASURES, PROTOCOLS


@dataclass(frozen=True)
class Measured:
    """A file's scores, and what they were made from. Shapes: N points, L latents, K factors."""

    file: Path
    protocol: str
    scores: dict[str, float]
    latents_NL: np.ndarray
    factors_NK: np.ndarray


def measure_file(
    file: Path, names: Sequence[str] | None, *, protocol: str, seed: int, alpha: float
) -> Measured:
    """Raises UsageError with every wrong option, DataError for a wrong file, MeasureError for a
    representation that cannot be scored."""
    mistakes = [
        f"--measures {name} {words.unknown(name, list(MEASURES))}"
        for name in names or ()
        if name not in MEASURES
    ]
    if protocol not in PROTOCOLS:
        mistakes.append(f"--protocol {protocol} {words.unknown(protocol, list(PROTOCOLS))}")
    if not 0 <= alpha <= 1:
        mistakes.append(f"--alpha {alpha} is not a number from 0 to 1")
    if seed < 0:
        mistakes.append(f"--seed {seed} is below 0")
    if mistakes:
        raise UsageError("\n".join(mistakes))
    from trainers.measures import score
    from trainers.measures.files import load_representation

    latents_NL, factors_NK = load_representation(file)
    scores = score(
        latents_NL, factors_NK, measures=names, protocol=protocol, seed=seed, alpha=alpha
    )
    return Measured(file, protocol, scores, latents_NL, factors_NK)


def print_scores(found: Measured) -> None:
    """A row a measure: its score and range."""
    from rich.console import Console
    from rich.table import Table

    num_points, num_latents = found.latents_NL.shape
    title = (
        f"{found.file.name}: {num_points:,} points, {num_latents} latents, "
        f"{found.factors_NK.shape[1]} factors, protocol {found.protocol}"
    )
    table = Table("measure", "score", "range", box=None, pad_edge=False)
    for name, value in found.scores.items():
        table.add_row(name, f"{value:.4f}", MEASURES[name].range)
    console = Console()
    console.print(title, highlight=False)
    console.print(table)


def write_pcc(found: Measured, path: Path) -> None:
    """The PCC matrix as a heat map. Raises UsageError where it cannot be written."""
    from sweeper.figures import pcc_figure
    from trainers.measures import pcc_matrix

    pcc_LK = pcc_matrix(found.latents_NL, found.factors_NK)
    rows = tuple(f"z{latent}" for latent in range(pcc_LK.shape[0]))
    columns = tuple(f"y{factor}" for factor in range(pcc_LK.shape[1]))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pcc_figure(pcc_LK, columns, rows).savefig(path, format="png", dpi=150)
    except OSError as error:
        raise UsageError(f"--plot {path}: cannot be written ({error.strerror})") from error
