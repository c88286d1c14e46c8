"""Table 6.2: a beta-VAE trained at the weight that L-VAE learned, next to that L-VAE.

Of the beta-VAEs of a dataset, those whose beta is nearest (as a ratio) to the learned one."""

import math
from collections.abc import Sequence

from sweeper.analysis.population import Population, beta_of
from sweeper.analysis.rule import SelectionRule
from sweeper.analysis.study import RunRow
from sweeper.tables.compute import absent_rows, cells_of, finish, row_of
from sweeper.tables.published import published
from sweeper.tables.spec import TableSpec
from sweeper.tables.table import Row, Table

CLOSE = 1.05  # betas whose ratio is beyond this get a note


def compute_ablation(
    population: Population, spec: TableSpec, rule: SelectionRule, *, report: str = "validation"
) -> Table:
    """Raises ResultsError."""
    cells, remarks = cells_of(population, spec)
    order = list(dict.fromkeys(row.dataset for row in published(spec.name)))
    keys = {(cell["dataset"], cell["source"]) for cell in cells}
    rows: list[Row] = []
    for dataset, source in sorted(keys, key=lambda key: (_place(key[0], order), key)):
        here = [c for c in cells if (c["dataset"], c["source"]) == (dataset, source)]
        learned = [cell for cell in here if cell["label"] == "l_vae"]
        fixed = [cell for cell in here if cell["label"] == "beta_vae"]
        pair = []
        if learned:
            pair = [row_of((dataset, source, "l_vae"), learned, spec, rule, report)]
        target = pair[0].beta if pair else None
        if target is not None:
            beta = _nearest(fixed, target)
            fixed = [cell for cell in fixed if beta_of(cell) in (beta, None)]
            if beta is not None and not 1 / CLOSE <= beta / target <= CLOSE:
                remarks.append(f"{dataset}: beta-VAE ran at {beta:g}, L-VAE learned {target:.2f}")
        if fixed:
            pair.insert(0, row_of((dataset, source, "beta_vae"), fixed, spec, rule, report))
        rows += pair
    absent = absent_rows(spec, {(row.dataset, row.model) for row in rows})
    table = Table(spec, rule, tuple(rows), (population.grid,), absent, (), report)
    return finish(table, population, cells, remarks)


def _nearest(cells: Sequence[RunRow], target: float) -> float | None:
    """The beta nearest to the target, or None while no cell has one."""
    betas = {beta for cell in cells if (beta := beta_of(cell)) is not None}
    near = sorted(betas, key=lambda beta: (abs(math.log(max(beta, 1e-9) / target)), beta))
    return near[0] if near else None


def _place(dataset: str, order: list[str]) -> int:
    return order.index(dataset) if dataset in order else len(order)
