"""Which two runs Table 5.2 and Figure 5.3 compare."""

import math
from collections.abc import Sequence

from sweeper.analysis.population import Population
from sweeper.analysis.scores import score
from sweeper.analysis.selection import number
from sweeper.analysis.study import RunRow
from sweeper.errors import ResultsError, UsageError

DATASET = "dsprites"


def two_runs(population: Population, runs: Sequence[str] | None = None) -> tuple[RunRow, RunRow]:
    """The two runs that are named, of any grid; or the best and the median by CbD."""
    if runs is not None:
        return _named(population, runs)
    column = score("cbd").column
    known = [
        row
        for row in population.finished
        if row["dataset"] == DATASET and math.isfinite(number(row, column))
    ]
    known = [row for row in known if row["model"] == "vae"] or known
    if len(known) < 2:
        raise ResultsError(
            f"two finished runs on {DATASET} with a CbD are needed; {population.grid} has "
            f"{len(known)} in {population.study.place}"
        )
    known.sort(key=lambda row: (-number(row, column), row["run_id"]))
    return known[0], known[len(known) // 2]


def _named(population: Population, runs: Sequence[str]) -> tuple[RunRow, RunRow]:
    rows = {row["run_id"]: row for row in population.study.rows}
    if len(runs) != 2:
        raise UsageError(f"table 5.2 needs two run ids, not {len(runs)}")
    missing = [run for run in runs if run not in rows]
    if missing:
        raise UsageError(f"no run {', '.join(missing)} in {population.study.place}")
    return rows[runs[0]], rows[runs[1]]
