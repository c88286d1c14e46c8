"""Table 5.2: the parts of CbD of two runs, M1 and M2.

The thesis takes two random models. Here: the best and the median run by CbD of the VAEs on
dSprites (of every finished run on dSprites where there is no VAE), or any two that are named."""

import math
from collections.abc import Sequence

from sweeper.errors import ResultsError, UsageError
from sweeper.pool import pool
from sweeper.scores import score
from sweeper.selection import Cell, Winner, number
from sweeper.study import Study
from sweeper.tables.compute import finish
from sweeper.tables.spec import TableSpec
from sweeper.tables.table import Row, Table, count
from sweeper.tracking import layout

DATASET = "dsprites"


def compute_two_runs(study: Study, spec: TableSpec, runs: Sequence[str] | None = None) -> Table:
    """runs: two run ids. Raises ResultsError, UsageError."""
    chosen = two_runs(study, runs)
    rule = score(spec.by)
    rows = []
    for name, cell in zip(("M1", "M2"), chosen, strict=True):
        winner = Winner((cell,), rule, number(cell, rule.column))
        values = {
            column: winner.spread(found.column)
            for column, found in zip(spec.columns, spec.scores(), strict=True)
        }
        dataset, source, synthetic = cell["dataset"], cell["source"], bool(cell["synthetic"])
        counts = count([cell], rule.column)
        rows.append(Row(dataset, source, synthetic, name, None, counts, winner, values))
    told = [
        f"{name} is run {cell['run_id']}: {cell['dataset']} {cell['model']}, batch "
        f"{cell['batch_size']}, learning rate {cell['learning_rate']:g}, "
        f"{cell['iterations']} iterations"
        for name, cell in zip(("M1", "M2"), chosen, strict=True)
    ]
    if runs is None:
        told.append(f"M1 and M2 are the best and the median run by CbD on {DATASET}.")
    return finish(spec, rows, pool(study), (), told, "validation")


def two_runs(study: Study, runs: Sequence[str] | None = None) -> tuple[Cell, Cell]:
    """The rows of the two runs: those named, or the best and the median by CbD."""
    rows = {row["run_id"]: row for row in study.runs.to_dict("records")}
    if runs is not None:
        if len(runs) != 2:
            raise UsageError(f"table 5.2 needs two run ids, not {len(runs)}")
        missing = [run for run in runs if run not in rows]
        if missing:
            raise UsageError(f"no run {', '.join(missing)} in {study.place}")
        return rows[runs[0]], rows[runs[1]]
    column = score("cbd").column
    known = [
        row
        for row in rows.values()
        if row["dataset"] == DATASET
        and row["status"] == layout.FINISHED
        and math.isfinite(number(row, column))
    ]
    known = [row for row in known if row["model"] == "vae"] or known
    if len(known) < 2:
        raise ResultsError(
            f"two finished runs on {DATASET} with a CbD are needed; {study.place} has {len(known)}"
        )
    known.sort(key=lambda row: (-number(row, column), row["run_id"]))
    return known[0], known[len(known) // 2]
