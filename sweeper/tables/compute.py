"""From the cells of a pool to the rows of a table: groups, winners, counts, what is missing."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from sweeper.analysis.pool import MISSING, CellPool, beta_of, collect_cells, newest_launches
from sweeper.analysis.scores import Score
from sweeper.analysis.selection import RunRow, best_configuration, number
from sweeper.analysis.study import Study
from sweeper.errors import ResultsError
from sweeper.tables.notes import notes, problems
from sweeper.tables.published import published
from sweeper.tables.spec import TableSpec
from sweeper.tables.table import Counts, Row, Table, count
from sweeper.tracking import layout

COMPARABLE = {"protocol": "thesis", "reconstruction": "mse"}  # what the thesis's tables are of


def compute(
    study: Study,
    spec: TableSpec,
    *,
    grid: str | None = None,
    report: str = "validation",
    all_rows: bool = False,
) -> Table:
    """The best run of each dataset and model. Raises ResultsError, UsageError.

    grid: the launch to take the runs of; by default the table's own grid, or else everything.
    report: 'validation' or 'test'.  all_rows: also rows of the thesis that nothing was run of."""
    found, cells, told = cells_of(study, spec, grid)
    rule = spec.rule(found.cells.columns)
    groups: dict[tuple[str, str, str], list[RunRow]] = {}
    for cell in cells:
        groups.setdefault((cell["dataset"], cell["source"], cell["label"]), []).append(cell)
    order = [(row.dataset, row.model) for row in published(spec.name)] if spec.published else []
    keys = sorted(groups, key=lambda key: _position(key, order, list(groups)))
    rows = [row_of(key, groups[key], spec, rule, report) for key in keys]
    present = {(dataset, model) for dataset, _, model in groups}
    absent = absent_rows(spec, present)
    if all_rows:
        rows = _with_absent(rows, absent, spec, order)
    return finish(spec, rows, found, absent, told, report)


def absent_rows(spec: TableSpec, present: set[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """What the thesis prints and no run is of; nothing for a grid's own table."""
    order = (
        [(row.dataset, row.model) for row in published(spec.name)] if spec.all_thesis_rows else []
    )
    return tuple(pair for pair in order if pair not in present)


def finish(
    spec: TableSpec,
    rows: Sequence[Row],
    found: CellPool,
    absent: tuple[tuple[str, str], ...],
    told: Sequence[str],
    report: str,
) -> Table:
    """The table with its notes and problems."""
    table = Table(spec, tuple(rows), found.grids, absent, (), report)
    said = (*found.notes, *told, *notes(table))
    return Table(spec, table.rows, table.grids, absent, said, report, tuple(problems(table)))


def cells_of(
    study: Study, spec: TableSpec, grid: str | None
) -> tuple[CellPool, list[dict[str, Any]], list[str]]:
    """The pool, its comparable cells that the table is about, and notes on what was left out."""
    launches = newest_launches(study.launches)
    own = grid or (spec.grid if spec.grid in launches and spec.shape == "best" else None)
    found = collect_cells(study, None if own is None else [own])
    cells, told = _comparable(found.cells.to_dict("records"))
    if spec.published and own != spec.grid and spec.betas:
        cells, more = _with_betas(cells, spec.betas)
        told += more
    if spec.published:
        named = {row.model for row in published(spec.name)}
        cells = [c for c in cells if c["label"] in named or own is not None]
    if not cells:
        way = f"launch grids/{spec.grid}.yaml" if spec.all_thesis_rows else "launch it again"
        raise ResultsError(f"no run in {study.place} belongs to table {spec.name}; {way}")
    return found, cells, told


def row_of(
    key: tuple[str, str, str], cells: Sequence[RunRow], spec: TableSpec, rule: Score, report: str
) -> Row:
    """The row of a dataset, source and model."""
    winner = best_configuration(cells, rule)
    values = {}
    for name, column in zip(spec.columns, spec.scores(), strict=True):
        where = column.test_column if report == "test" else column.column
        values[name] = winner.spread(where) if winner else None
    optimism = math.nan
    if winner and report == "test" and (tested := winner.spread(rule.test_column)):
        sign = -1 if rule.lower_is_better else 1
        optimism = sign * (winner.value - tested.mean)
    synthetic = any(cell["synthetic"] for cell in cells)
    beta = _shown_beta(winner.runs, key[2]) if winner else None
    counts = count(cells, rule.column)
    reasons = tuple(sorted({f"{c['status']}: {c['reason']}" for c in cells if c["reason"]}))
    return Row(key[0], key[1], synthetic, key[2], beta, counts, winner, values, reasons, optimism)


def _shown_beta(runs: Sequence[RunRow], label: str) -> float | None:
    """beta_vae: the parameter. l_vae: the learned weight at the last step, mean over seeds."""
    if label == "beta_vae":
        return beta_of(runs[0])
    learned = [number(run, f"last/{layout.BETA}") for run in runs]
    if label != "l_vae" or any(math.isnan(value) for value in learned):
        return None
    return math.fsum(learned) / len(learned)


def _comparable(cells: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """Cells of one protocol and one reconstruction loss: numbers of two are not comparable."""
    told = []
    for name, preferred in COMPARABLE.items():
        kinds = sorted({cell[name] for cell in cells} - {""})
        if len(kinds) > 1:
            kept = preferred if preferred in kinds else kinds[0]
            before = len(cells)
            cells = [c for c in cells if c[name] == kept or c["status"] == MISSING]
            told.append(f"only runs with {name} {kept}: {before - len(cells)} others left out")
    return cells, told


def _with_betas(
    cells: list[dict[str, Any]], betas: Iterable[float]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Without beta-VAEs of other betas, where there are some of these."""
    asked = [cell for cell in cells if cell["label"] == "beta_vae"]
    wanted = [cell for cell in asked if beta_of(cell) in set(betas)]
    if not wanted or len(wanted) == len(asked):
        return cells, []
    kept = [cell for cell in cells if cell["label"] != "beta_vae"] + wanted
    shown = ", ".join(f"{beta:g}" for beta in betas)
    return kept, [f"beta_vae with beta {shown}: {len(asked) - len(wanted)} runs of others left out"]


def _position(
    key: tuple[str, str, str], order: list[tuple[str, str]], seen: list[tuple[str, str, str]]
) -> tuple[int, str, str, int, str]:
    """Datasets and models as printed by the thesis; what it does not print comes after, in the
    order that grids ask for it."""
    dataset, source, model = key
    datasets = [pair[0] for pair in order]
    models = list(dict.fromkeys([pair[1] for pair in order] + [asked[2] for asked in seen]))
    place = datasets.index(dataset) if dataset in datasets else len(datasets)
    return (place, dataset, source, models.index(model), model)


def _with_absent(
    rows: list[Row],
    absent: Iterable[tuple[str, str]],
    spec: TableSpec,
    order: list[tuple[str, str]],
) -> list[Row]:
    empty = dict.fromkeys(spec.columns)
    for dataset, model in absent:
        source = next((row.source for row in rows if row.dataset == dataset), "")
        rows = [*rows, Row(dataset, source, False, model, None, Counts(), None, dict(empty))]
    seen = [(row.dataset, row.source, row.model) for row in rows]
    return sorted(rows, key=lambda r: _position((r.dataset, r.source, r.model), order, seen))
