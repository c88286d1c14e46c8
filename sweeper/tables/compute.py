"""From a population to the rows of a table: groups, winners, counts, what is missing."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sweeper.analysis.held_out import held_out
from sweeper.analysis.population import MISSING, Population, beta_of
from sweeper.analysis.rule import SelectionRule
from sweeper.analysis.selection import best_configuration, number
from sweeper.analysis.study import RunRow
from sweeper.errors import ResultsError
from sweeper.messages import counted
from sweeper.tables.notes import notes, problems
from sweeper.tables.published import published
from sweeper.tables.spec import TableSpec
from sweeper.tables.table import Counts, Row, Table, count
from sweeper.tracking import layout

COMPARABLE = {"protocol": "thesis", "reconstruction": "mse"}  # what the thesis's tables are of


def compute(
    population: Population,
    spec: TableSpec,
    rule: SelectionRule,
    *,
    report: str = "validation",
    all_rows: bool = False,
) -> Table:
    """The best run of each dataset and model. Raises ResultsError.

    report: 'validation' or 'test'.  all_rows: also rows of the thesis that nothing was run of."""
    cells, remarks = cells_of(population, spec)
    groups: dict[tuple[str, str, str], list[RunRow]] = {}
    for cell in cells:
        groups.setdefault((cell["dataset"], cell["source"], cell["label"]), []).append(cell)
    order = [(row.dataset, row.model) for row in published(spec.name)] if spec.published else []
    keys = sorted(groups, key=lambda key: _position(key, order, list(groups)))
    rows = [row_of(key, groups[key], spec, rule, report) for key in keys]
    absent = absent_rows(spec, {(dataset, model) for dataset, _, model in groups})
    if all_rows:
        rows = _with_absent(rows, absent, spec, order)
    table = Table(spec, rule, tuple(rows), (population.grid,), absent, (), report)
    return finish(table, population, cells, remarks)


def absent_rows(spec: TableSpec, present: set[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """What the thesis prints and no run is of; nothing for a grid's own table."""
    order = (
        [(row.dataset, row.model) for row in published(spec.name)] if spec.all_thesis_rows else []
    )
    return tuple(pair for pair in order if pair not in present)


def finish(
    table: Table, population: Population, cells: Iterable[RunRow], remarks: Sequence[str]
) -> Table:
    """The table with its mark, notes and problems."""
    table = replace(table, mark=population.mark(cells), problems=tuple(problems(table)))
    return replace(table, notes=(*population.notes, *remarks, *notes(table)))


def cells_of(population: Population, spec: TableSpec) -> tuple[list[RunRow], list[str]]:
    """The comparable cells that the table is about, and notes on what was left out."""
    cells, remarks = _comparable(population.cells)
    if spec.published and population.grid != spec.grid:
        cells, more = _with_betas(cells, spec.betas)
        remarks += more
        named = {row.model for row in published(spec.name)}
        cells = [cell for cell in cells if cell["label"] in named]
    if not cells:
        raise ResultsError(f"no run of {population.grid} belongs to table {spec.name}")
    return cells, remarks


def row_of(
    key: tuple[str, str, str],
    cells: Sequence[RunRow],
    spec: TableSpec,
    rule: SelectionRule,
    report: str,
) -> Row:
    """The row of a dataset, source and model."""
    winner = best_configuration(cells, rule)
    held = held_out(cells, rule)
    values = {}
    for name, column in zip(spec.columns, spec.scores(), strict=True):
        where = column.test_column if report == "test" else column.column
        source = held or winner
        values[name] = source.spread(where) if source else None
    optimism = math.nan
    has_test = report == "test" and not rule.by.needs_seeds
    if winner and has_test and (tested := winner.spread(rule.by.test_column)):
        sign = -1 if rule.by.lower_is_better else 1
        optimism = sign * (winner.value - tested.mean)
    return Row(
        *key[:2],
        synthetic=any(cell["synthetic"] for cell in cells),
        model=key[2],
        beta=_shown_beta(winner.runs, key[2]) if winner else None,
        counts=count(cells, rule),
        winner=winner,
        values=values,
        reasons=tuple(sorted({f"{c['status']}: {c['reason']}" for c in cells if c["reason"]})),
        optimism=optimism,
        uncounted=sum(_is_uncounted(cell) for cell in cells),
        held_out=held,
    )


def _is_uncounted(cell: RunRow) -> bool:
    is_finished = cell["status"] == layout.FINISHED
    return is_finished and math.isnan(number(cell, layout.LATENT_ACTIVE))


def _shown_beta(runs: Sequence[RunRow], label: str) -> float | None:
    """beta_vae: the parameter. l_vae: the learned weight at the last step, mean over seeds."""
    if label == "beta_vae":
        return beta_of(runs[0])
    learned = [number(run, f"last/{layout.BETA}") for run in runs]
    if label != "l_vae" or any(math.isnan(value) for value in learned):
        return None
    return math.fsum(learned) / len(learned)


def _comparable(cells: Sequence[RunRow]) -> tuple[list[RunRow], list[str]]:
    """Cells of one protocol and one reconstruction loss: numbers of two are not comparable."""
    remarks, kept = [], list(cells)
    for name, preferred in COMPARABLE.items():
        kinds = sorted({cell[name] for cell in kept} - {""})
        if len(kinds) > 1:
            kind = preferred if preferred in kinds else kinds[0]
            before = len(kept)
            kept = [c for c in kept if c[name] == kind or c["status"] == MISSING]
            remarks.append(f"only runs with {name} {kind}: {before - len(kept)} others left out")
    return kept, remarks


def _with_betas(cells: Sequence[RunRow], betas: Iterable[float]) -> tuple[list[RunRow], list[str]]:
    """Without beta-VAEs of other betas, where there are some of these."""
    asked = [cell for cell in cells if cell["label"] == "beta_vae"]
    wanted = [cell for cell in asked if beta_of(cell) in set(betas)]
    if not wanted or len(wanted) == len(asked):
        return list(cells), []
    kept = [cell for cell in cells if cell["label"] != "beta_vae"] + wanted
    others = len(asked) - len(wanted)
    shown = ", ".join(f"{beta:g}" for beta in betas)
    return kept, [f"beta_vae with beta {shown}: {counted(others, 'run')} of others left out"]


def _position(
    key: tuple[str, str, str], order: list[tuple[str, str]], seen: list[tuple[str, str, str]]
) -> tuple[int, str, str, int, str]:
    """Datasets and models as printed by the thesis; what it does not print comes after, in the
    order that the grid asks for it."""
    dataset, source, model = key
    datasets = list(dict.fromkeys(pair[0] for pair in order))
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
