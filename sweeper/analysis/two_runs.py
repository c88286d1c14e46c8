"""Which two runs Table 5.2 and Figure 5.3 compare."""

import math
from collections.abc import Sequence

from sweeper.analysis.scores import score
from sweeper.analysis.selection import RunRow, number
from sweeper.analysis.study import Study
from sweeper.errors import ResultsError, UsageError
from sweeper.tracking import layout

DATASET = "dsprites"


def two_runs(study: Study, runs: Sequence[str] | None = None) -> tuple[RunRow, RunRow]:
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
