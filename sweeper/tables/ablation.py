"""Table 6.2: a beta-VAE trained at the weight that L-VAE learned, beside that L-VAE.

Of the beta-VAEs of a dataset, those whose beta is nearest (as a ratio) to the learned one."""

import math
from collections.abc import Sequence

from sweeper.analysis.pool import beta_of
from sweeper.analysis.selection import RunRow
from sweeper.analysis.study import Study
from sweeper.tables.compute import absent_rows, cells_of, finish, row_of
from sweeper.tables.published import published
from sweeper.tables.spec import TableSpec
from sweeper.tables.table import Row, Table

CLOSE = 1.05  # a ratio of betas beyond this is told


def compute_ablation(
    study: Study, spec: TableSpec, *, grid: str | None = None, report: str = "validation"
) -> Table:
    """Raises ResultsError, UsageError."""
    found, cells, told = cells_of(study, spec, grid)
    rule = spec.rule(found.cells.columns)
    order = list(dict.fromkeys(row.dataset for row in published(spec.name)))
    keys = {(cell["dataset"], cell["source"]) for cell in cells}
    rows: list[Row] = []
    for dataset, source in sorted(keys, key=lambda k: (_place(k[0], order), k)):
        here = [c for c in cells if (c["dataset"], c["source"]) == (dataset, source)]
        learned = [cell for cell in here if cell["label"] == "l_vae"]
        fixed = [cell for cell in here if cell["label"] == "beta_vae"]
        pair = []
        if learned:
            pair = [row_of((dataset, source, "l_vae"), learned, spec, rule, report)]
        target = pair[0].beta if pair else None
        if fixed and target is None:
            told.append(f"{dataset}: no finished L-VAE, so no beta-VAE to set beside it")
        elif fixed and target is not None:
            beta = _nearest(fixed, target)
            fixed = [cell for cell in fixed if beta_of(cell) in (beta, None)]
            pair.insert(0, row_of((dataset, source, "beta_vae"), fixed, spec, rule, report))
            if beta is not None and not 1 / CLOSE <= beta / target <= CLOSE:
                told.append(f"{dataset}: beta-VAE ran at {beta:g}, L-VAE learned {target:.2f}")
        rows += pair
    present = {(row.dataset, row.model) for row in rows}
    return finish(spec, rows, found, absent_rows(spec, present), told, report)


def _nearest(cells: Sequence[RunRow], target: float) -> float | None:
    """The beta nearest to the target, or None while all cells wait for theirs."""
    betas = {beta for cell in cells if (beta := beta_of(cell)) is not None}
    near = sorted(betas, key=lambda beta: (abs(math.log(max(beta, 1e-9) / target)), beta))
    return near[0] if near else None


def _place(dataset: str, order: list[str]) -> int:
    return order.index(dataset) if dataset in order else len(order)
