"""The scores a table, a figure or a selection may name: column of the frame, title, direction.

`udr` and `udr_spearman` compare the seeds of a configuration: a population computes them where
they are asked for, always from the validation split's latents.
`reconstruction` is the validation reconstruction error and `valid/kl` a loss: lower is better.
Every other name is a measure; its spec says which way is better. The tables' column
`beta_vae_score` is the measure `beta_vae`."""

from collections.abc import Iterable
from dataclasses import dataclass

from sweeper.errors import UsageError
from sweeper.grid.blocks.settings import BETWEEN_SEEDS
from sweeper.messages import unknown
from sweeper.tracking import layout
from trainers.specs.measures import MEASURES, lower_is_better

RECONSTRUCTION = "reconstruction"
_TITLES = {"udr": "UDR", "udr_spearman": "UDR (Spearman)"}


@dataclass(frozen=True)
class Score:
    """A score: its name, the frame's column on validation and on test, and which way is better."""

    name: str
    title: str
    column: str
    test_column: str
    lower_is_better: bool = False

    @property
    def needs_seeds(self) -> bool:
        """Whether it compares the seeds of a configuration, so that no run has it alone."""
        return self.name in BETWEEN_SEEDS


def score(name: str) -> Score:
    """The score of this name; `beta_vae_score`, `recon` and `measure/mig` are other spellings."""
    plain = name.removeprefix(layout.MEASURE_PREFIX).removesuffix("_score")
    if plain in ("reconstruction", "recon", layout.VALID_RECON):
        column = layout.VALID_RECON
        return Score(RECONSTRUCTION, "Reconstruction", column, "test/recon", True)
    if plain.startswith(layout.VALID_PREFIX):
        loss = plain.removeprefix(layout.VALID_PREFIX)
        return Score(plain, f"validation {loss}", plain, layout.TEST_PREFIX + loss, True)
    column = layout.MEASURE_PREFIX + plain
    if plain in BETWEEN_SEEDS:
        return Score(plain, _TITLES[plain], column, column)
    title = MEASURES[plain].title.replace("beta", "\u03b2") if plain in MEASURES else plain
    return Score(plain, title, column, layout.TEST_PREFIX + column, lower_is_better(plain))


def known_score(name: str, columns: Iterable[str]) -> Score:
    """As `score`, of a name that the frame has or that is a measure of ours; else UsageError."""
    found = score(name)
    columns = set(columns)
    extra = (c.removeprefix(layout.MEASURE_PREFIX) for c in sorted(columns) if "measure/" in c)
    names = [
        *dict.fromkeys([*MEASURES, *extra]),
        *BETWEEN_SEEDS,
        RECONSTRUCTION,
        layout.VALID_KL,
    ]
    if found.name not in names:
        raise UsageError(f"score {name!r} {unknown(name, names)}")
    return found
