"""What a table is: its columns, which rows it takes, and by which score it selects."""

from dataclasses import dataclass, replace

from sweeper.analysis.rule import GridText
from sweeper.analysis.scores import Score, score
from trainers.specs.measures import with_companions


@dataclass(frozen=True)
class TableSpec:
    """A table of the thesis, or of a grid.

    grid: whose runs it is made from.  by: the score that it selects by.
    ids: what names a row.  columns: as in the published files.
    betas: the beta-VAEs that the table is about, where a grid has others too; () for any.
    shape: 'best' has the best run of each dataset and model; 'two runs' and 'ablation' are tables
    5.2 and 6.2.  published: whether the thesis prints it.
    all_thesis_rows: whether rows of the thesis without runs are reported as missing."""

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

    def scores(self) -> tuple[Score, ...]:
        """The score of each column."""
        return tuple(score(name) for name in self.columns)

    def selected_by(self, by: Score) -> "TableSpec":
        """This table selected by a score, which gets a column if it has none."""
        shown = by.column in [column.column for column in self.scores()]
        columns = self.columns if shown else with_companions((*self.columns, by.name))
        return replace(self, by=by.name, columns=columns)


COMPARISON = ("reconstruction", "cbd", "beta_vae_score", "mig", "explicitness")


def spec_for_grid(name: str, text: GridText, like: TableSpec | None) -> TableSpec:
    """The table of any grid by its own rule: its rows are those that the grid asks for.

    like: the table of the thesis that the grid says it is for; else Table 7.1's columns."""
    title = f"Grid {name}" + (f", as Table {like.name}" if like else "")
    base = like or TableSpec(name, title, name, text.rule.by.name, COMPARISON, published=False)
    return replace(base, title=title, grid=name, all_thesis_rows=False).selected_by(text.rule.by)
