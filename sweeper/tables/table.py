"""A computed table: numbers, counts and what is wrong with them. Nothing here formats."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from sweeper.analysis.held_out import HeldOut, reported_runs
from sweeper.analysis.population import MISSING
from sweeper.analysis.rule import SelectionRule
from sweeper.analysis.selection import Winner, is_collapsed, is_scored, number
from sweeper.analysis.statistics.spread import Spread
from sweeper.analysis.study import RunRow
from sweeper.tables.spec import TableSpec
from sweeper.tracking import layout


@dataclass(frozen=True)
class Counts:
    """How many of the runs that a row asked for ended, and how. unscored: finished, but without a
    finite score to select by.  collapsed: finished, with too few active latents to be chosen."""

    asked: int = 0
    finished: int = 0
    diverged: int = 0
    failed: int = 0
    missing: int = 0
    unscored: int = 0
    collapsed: int = 0

    def as_text(self) -> str:
        """'34/36 (1 diverged, 1 missing)'."""
        names = ("diverged", "failed", "missing", "unscored", "collapsed")
        rest = [f"{getattr(self, name)} {name}" for name in names if getattr(self, name)]
        return f"{self.finished}/{self.asked}" + (f" ({', '.join(rest)})" if rest else "")

    @property
    def complete(self) -> bool:
        return 0 < self.asked == self.finished and not self.unscored

    @property
    def untouched(self) -> bool:
        """Whether no run of the row was trained."""
        return self.missing == self.asked


@dataclass(frozen=True)
class Row:
    """The chosen configuration of a dataset and model, or none where nothing finished.

    beta: asked for (beta_vae) or learned (l_vae).  values: by column, over seeds; None where the
    run has no such number.  reasons: why runs diverged or failed.  optimism: the selecting score on
    validation less that on test, NaN where there is no test split.  uncounted: finished runs whose
    active latents were not counted.  held_out: the readings that `values` are of; None where they
    are of the winner's own seeds."""

    dataset: str
    source: str
    synthetic: bool
    model: str
    beta: float | None
    counts: Counts
    winner: Winner | None
    values: dict[str, Spread | None]
    reasons: tuple[str, ...] = ()
    optimism: float = math.nan
    uncounted: int = 0
    held_out: HeldOut | None = None

    def printed(self, column: str) -> list[float]:
        """The values of a column that the row is made from, one for each seed."""
        return [number(run, column) for run in reported_runs(self.winner, self.held_out)]


@dataclass(frozen=True)
class Table:
    """A table's numbers. absent: (dataset, model) that the thesis prints and no run is of.

    mark: '', 'rehearsal', 'synthetic' or both, of the runs it is made from.
    report: the split its values are of.  problems: what keeps it from being complete."""

    spec: TableSpec
    rule: SelectionRule
    rows: tuple[Row, ...]
    grids: tuple[str, ...]
    absent: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    report: str = "validation"
    mark: str = ""
    problems: tuple[str, ...] = field(default=())

    @property
    def seeds(self) -> int:
        """The most seeds any row has."""
        return max((len(row.winner.runs) for row in self.rows if row.winner), default=0)

    @property
    def is_held_out(self) -> bool:
        """Whether a row prints scores on seeds that did not choose."""
        return any(row.held_out for row in self.rows)

    @property
    def partial(self) -> bool:
        """Whether something that was asked for, or that the thesis prints, is not there."""
        return bool(self.absent) or not all(row.counts.complete for row in self.rows)

    @property
    def shows_active(self) -> bool:
        """Whether active latents were counted for some chosen run."""
        return any(row.winner and not math.isnan(row.winner.active) for row in self.rows)

    @property
    def column(self) -> str:
        """The frame's column of the selecting score on the split that the table prints."""
        return self.rule.by.test_column if self.report == "test" else self.rule.by.column

    def sections(self) -> list[tuple[Row, ...]]:
        """The rows of each dataset and source, within which models compete."""
        keys = list(dict.fromkeys((row.dataset, row.source) for row in self.rows))
        return [tuple(row for row in self.rows if (row.dataset, row.source) == k) for k in keys]


def count(cells: Iterable[RunRow], rule: SelectionRule) -> Counts:
    """What became of the cells of a row."""
    names = ("asked", "finished", "diverged", "failed", "missing", "unscored", "collapsed")
    totals = dict.fromkeys(names, 0)
    for cell in cells:
        status = cell["status"] if cell["status"] in layout.STATUSES else MISSING
        totals["asked"] += 1
        totals[status] += 1
        if status == layout.FINISHED and not is_scored(cell, rule):
            totals["unscored"] += 1
        elif status == layout.FINISHED and is_collapsed(cell, rule):
            totals["collapsed"] += 1
    return Counts(**totals)
