"""A table as CSV: the columns of the published files, then what they leave out.

Numbers have six digits, not two: this is the form for further use. An empty cell is a number that
does not exist."""

import csv
import math
from io import StringIO

from sweeper.analysis.rule import ALL_SEEDS, HELD_OUT
from sweeper.tables.deviations import published_values
from sweeper.tables.pages.table_page import beta_text
from sweeper.tables.table import Row, Table

_INTERVAL = ("sd", "low", "high")


def to_csv(table: Table, compare: bool = False) -> str:
    file = StringIO()
    writer = csv.writer(file, lineterminator="\n")
    names = list(table.spec.columns)
    header = [*table.spec.ids, *names]
    if table.seeds > 1:
        header += [f"{name}_{part}" for name in names for part in _INTERVAL]
    if compare:
        header += [f"{name}_{part}" for name in names for part in ("published", "difference")]
    header += ["optimism"] if table.report == "test" else []
    header += ["finished", "asked", "seeds", "source", "run_ids"]
    header += ["iterations", "candidates", "active", "population"]
    header += ["reported", "selected_score"] if table.seeds > 1 else []
    writer.writerow(header)
    for row in table.rows:
        writer.writerow(_line(table, row, compare))
    return file.getvalue()


def _line(table: Table, row: Row, compare: bool) -> list[str]:
    named = {"dataset": row.dataset, "model": row.model}
    named["beta"] = "" if row.beta is None else beta_text(row.beta)
    line = [named[name] for name in table.spec.ids]
    values = [row.values[name] for name in table.spec.columns]
    line += [_number(value.mean if value else math.nan) for value in values]
    if table.seeds > 1:
        for value in values:
            line += [_number(getattr(value, part) if value else math.nan) for part in _INTERVAL]
    if compare:
        theirs = published_values(table, row)
        for name, value in zip(table.spec.columns, values, strict=True):
            printed = theirs.get(name)
            known = math.nan if printed is None else printed
            line += [_number(known), _number((value.mean if value else math.nan) - known)]
    if table.report == "test":
        line.append(_number(row.optimism))
    runs = [run["run_id"] for run in row.winner.runs] if row.winner else []
    counts = [str(row.counts.finished), str(row.counts.asked), str(len(runs))]
    source = "synthetic" if row.synthetic else row.source
    line = [*line, *counts, source, " ".join(runs), *_choice(table, row)]
    if table.seeds > 1:
        line.append(HELD_OUT if row.held_out else ALL_SEEDS if row.winner else "")
        line.append(_number(row.winner.value if row.winner else math.nan))
    return line


def _choice(table: Table, row: Row) -> list[str]:
    """Of the chosen configuration: iterations, how many it was chosen from, active latents."""
    mark = table.mark or "real"
    if row.winner is None:
        return ["", "", "", mark]
    found = row.winner
    return [str(found.first["iterations"]), str(found.candidates), _number(found.active), mark]


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"
