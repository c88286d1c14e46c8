"""A table as text: one string for each cell, with its mark. Every renderer starts from it.

Numbers have two decimals, as in the thesis. The best of a column within a dataset is marked, and
the second; numbers that print alike share a mark, because a reader cannot tell them apart. A
column with a single number has no mark."""

import math
from collections.abc import Sequence

from sweeper.analysis.scores import Score, score
from sweeper.analysis.statistics.spread import Spread
from sweeper.analysis.titles import BETA, dataset_title, model_title
from sweeper.tables.deviations import Deviation, deviations, published_values
from sweeper.tables.notes import active_text, has_few_active, num_factors
from sweeper.tables.pages.page import (
    ARROW_DOWN,
    ARROW_UP,
    HAT,
    NO_VALUE,
    Page,
    PageCell,
    PageSection,
)
from sweeper.tables.table import Row, Table

LARGEST = 10  # deviations listed


def table_page(table: Table, *, compare: bool = False) -> Page:
    """compare: the thesis's number and the difference next to each of ours."""
    found = deviations(table) if compare else []
    header = ["Dataset", "Model", *(_column(column) for column in table.spec.scores())]
    if table.report == "test":
        header.append("Optimism")
    header += ["Active"] if table.shows_active else []
    sections = tuple(_section(table, rows, compare) for rows in table.sections())
    notes = [*_deviation_notes(found), *table.notes] if compare else list(table.notes)
    return Page(_title(table), (*header, "Iterations", "Runs"), sections, tuple(notes))


def beta_text(beta: float) -> str:
    """'4', '0.89', '1.9': two decimals at most."""
    return f"{round(beta, 2):g}"


def signed(value: float) -> str:
    """'+0.02', '-0.13'; what rounds to nothing is '+0.00'."""
    return f"{round(value, 2) + 0.0:+.2f}"


def marks(values: Sequence[Spread | None], column: Score) -> list[str]:
    """'best', 'second' or '' for each value of a column, equal prints sharing a mark."""
    shown = [None if v is None or math.isnan(v.mean) else float(f"{v.mean:.2f}") for v in values]
    levels = sorted({v for v in shown if v is not None}, reverse=not column.lower_is_better)
    if sum(value is not None for value in shown) < 2:
        return [""] * len(shown)
    names = dict(zip(levels, ("best", "second"), strict=False))
    return ["" if value is None else names.get(value, "") for value in shown]


def _title(table: Table) -> str:
    name = f"Table {table.spec.name}: " if table.spec.all_thesis_rows else ""
    marks = [table.mark] if table.mark else []
    marks += ["test split"] if table.report == "test" else []
    marks += ["partial"] if table.partial else []
    return name + " ".join([table.spec.title, *(f"({mark})" for mark in marks)])


def _column(column: Score) -> str:
    return f"{column.title} {ARROW_DOWN if column.lower_is_better else ARROW_UP}"


def _section(table: Table, rows: tuple[Row, ...], compare: bool) -> PageSection:
    columns = table.spec.scores()
    marked = [
        marks([row.values[name] for row in rows], column)
        for name, column in zip(table.spec.columns, columns, strict=True)
    ]
    cells = []
    for number, row in enumerate(rows):
        theirs = published_values(table, row) if compare else {}
        line = [PageCell(_model(row))]
        for name, mark in zip(table.spec.columns, marked, strict=True):
            text = _value(row.values[name])
            text += _with_published(row.values[name], theirs.get(name)) if compare else ""
            line.append(PageCell(text, mark[number]))
        if table.report == "test":
            gone = math.isnan(row.optimism)
            line.append(PageCell(NO_VALUE if gone else signed(row.optimism)))
        line += [PageCell(_active(row))] if table.shows_active else []
        iterations = f"{row.winner.first['iterations']:,}" if row.winner else NO_VALUE
        cells.append((*line, PageCell(iterations), PageCell(row.counts.as_text())))
    return PageSection(_dataset(table, rows[0]), tuple(cells))


def _active(row: Row) -> str:
    """'5', or '3 (<5)' where that is fewer than the dataset's factors."""
    few = f" (<{num_factors(row.dataset)})" if has_few_active(row) else ""
    return (active_text(row) or NO_VALUE) + few


def _dataset(table: Table, row: Row) -> str:
    sources = {other.source for other in table.rows if other.dataset == row.dataset}
    source = "synthetic" if row.synthetic else row.source if len(sources) > 1 else ""
    return dataset_title(row.dataset) + (f" ({source})" if source else "")


def _model(row: Row) -> str:
    if row.beta is None:
        return model_title(row.model)
    symbol = BETA + HAT if row.model == "l_vae" else BETA
    return f"{model_title(row.model)} ({symbol} = {beta_text(row.beta)})"


def _value(value: Spread | None) -> str:
    if value is None or math.isnan(value.mean):
        return NO_VALUE
    interval = "" if math.isnan(value.low) else f" ({value.low:.2f} to {value.high:.2f})"
    return f"{value.mean:.2f}{interval}"


def _with_published(ours: Spread | None, theirs: float | None) -> str:
    if theirs is None:
        return f" [{NO_VALUE}]"
    gap = "" if ours is None or math.isnan(ours.mean) else f", {signed(ours.mean - theirs)}"
    return f" [{theirs:.2f}{gap}]"


def _deviation_notes(found: Sequence[Deviation]) -> list[str]:
    lines = [
        f"{one.dataset} {one.model} {score(one.column).title}: {one.ours:.2f}, thesis "
        f"{one.published:.2f} ({signed(one.difference)})"
        for one in found[:LARGEST]
    ]
    head = "In brackets: the thesis's number and ours less the thesis's. Largest deviations:"
    return [head, *lines] if lines else ["The thesis has no number to compare these with."]
