"""What a table is: its columns, which rows it takes, and by which score it selects."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sweeper.analysis.scores import Score, known_score, score
from sweeper.tables.grid_rule import GridSelection


@dataclass(frozen=True)
class TableSpec:
    """A table of the thesis, or of a grid.

    ids: what names a row.  columns: as in the published files.  by: the selecting score.
    betas: the beta-VAEs the table is about, where the store holds others too; () for any.
    shape: 'best' has the best run of each dataset and model; 'two runs' and 'ablation' are tables
    5.2 and 6.2.  published: whether the thesis prints it.
    whole: whether rows that the thesis has are missed where they have no runs.
    lower_is_better: for a grid that says which way its score is better."""

    name: str
    title: str
    grid: str
    by: str
    columns: tuple[str, ...]
    ids: tuple[str, ...] = ("dataset", "model", "beta")
    betas: tuple[float, ...] = ()
    shape: str = "best"
    published: bool = True
    all_thesis_rows: bool = True
    lower_is_better: bool | None = None

    def rule(self, columns: Iterable[str]) -> Score:
        """The score to select by, of a frame with these columns. Raises UsageError."""
        found = known_score(self.by, columns)
        return found if self.lower_is_better is None else replace(
            found, lower_is_better=self.lower_is_better
        )  # fmt: skip

    def scores(self) -> tuple[Score, ...]:
        """The score of each column."""
        return tuple(score(name) for name in self.columns)


COMPARISON = ("reconstruction", "cbd", "beta_vae_score", "mig", "explicitness")


def spec_for_grid(name: str, rule: GridSelection, like: TableSpec | None) -> TableSpec:
    """The table of any grid by its own rule: its rows are those that the grid asks for.

    like: the table of the thesis that the grid says it is for; else Table 7.1's columns."""
    title = f"Grid {name}" + (f", as Table {like.name}" if like else "")
    base = like or TableSpec(name, title, name, rule.by, COMPARISON, published=False)
    lower = rule.lower_is_better
    return replace(
        base, title=title, grid=name, by=rule.by, lower_is_better=lower, all_thesis_rows=False
    )
