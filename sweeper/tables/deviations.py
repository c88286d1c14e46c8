"""The thesis's number next to each of ours, the largest deviations first.

A deviation's size is its absolute value for a score, which all lie in 0 to 1, and its share of the
published number for the reconstruction error, which lies in 5 to 300."""

from dataclasses import dataclass

from sweeper.analysis.scores import RECONSTRUCTION
from sweeper.errors import UsageError
from sweeper.tables.published import published
from sweeper.tables.table import Row, Table


@dataclass(frozen=True)
class Deviation:
    """One cell: ours, the thesis's (None where not legible), ours less theirs."""

    dataset: str
    model: str
    column: str
    ours: float
    published: float
    difference: float
    size: float


def published_values(table: Table, row: Row) -> dict[str, float | None]:
    """Column -> the thesis's number for this row; {} for a row that the thesis does not print."""
    for printed in published(table.spec.name):
        if printed.model == row.model and printed.dataset in ("", row.dataset):
            return printed.values
    return {}


def deviations(table: Table) -> list[Deviation]:
    """Every cell that both have, the largest first. UsageError for a table of no thesis."""
    if not table.spec.published:
        raise UsageError(f"table {table.spec.name} is not one of the thesis; nothing to compare")
    found = []
    for row in table.rows:
        for column, theirs in published_values(table, row).items():
            ours = row.values.get(column)
            if ours is None or theirs is None or ours.mean != ours.mean:
                continue
            gap = ours.mean - theirs
            size = abs(gap) / theirs if column == RECONSTRUCTION else abs(gap)
            found.append(Deviation(row.dataset, row.model, column, ours.mean, theirs, gap, size))
    return sorted(found, key=lambda one: (-one.size, one.dataset, one.model, one.column))
