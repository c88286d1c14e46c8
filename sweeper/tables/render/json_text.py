"""A table as JSON: every number in full, the settings of each chosen run, counts and problems."""

import json
import math
from dataclasses import asdict
from typing import Any

from sweeper.analysis.rule import ALL_SEEDS, HELD_OUT
from sweeper.analysis.study import SETTINGS
from sweeper.tables.deviations import deviations
from sweeper.tables.table import Row, Table


def to_json(table: Table, compare: bool = False) -> str:
    return json.dumps(as_dict(table, compare=compare), indent=1, allow_nan=False) + "\n"


def as_dict(table: Table, *, compare: bool = False) -> dict[str, Any]:
    """The table as plain values; numbers that are not finite become None."""
    content = {
        "table": table.spec.name,
        "title": table.spec.title,
        "select": table.spec.by,
        "report": table.report,
        "population": table.mark or "real",
        "partial": table.partial,
        "grids": list(table.grids),
        "rows": [_row(table, row) for row in table.rows],
        "absent": [{"dataset": dataset, "model": model} for dataset, model in table.absent],
        "notes": list(table.notes),
        "problems": list(table.problems),
    }
    if compare:
        content["deviations"] = [asdict(found) for found in deviations(table)]
    found: dict[str, Any] = _finite(content)
    return found


def _row(table: Table, row: Row) -> dict[str, Any]:
    first = row.winner.first if row.winner else {}
    names = [name for name in first if name in SETTINGS or name.startswith("param/")]
    return {
        "dataset": row.dataset,
        "model": row.model,
        "beta": row.beta,
        "source": row.source,
        "synthetic": row.synthetic,
        **{name: value.mean if value else None for name, value in row.values.items()},
        "spread": {name: asdict(value) for name, value in row.values.items() if value},
        "counts": asdict(row.counts),
        "optimism": row.optimism,
        "reported": HELD_OUT if row.held_out else ALL_SEEDS,
        "selected_score": row.winner.value if row.winner else None,
        "held_out_run_ids": [run["run_id"] for run in row.held_out.runs] if row.held_out else [],
        "candidates": row.winner.candidates if row.winner else 0,
        "active": row.winner.active if row.winner else None,
        "settings": {name: first[name] for name in sorted(names) if name != "seed"},
        "run_ids": [run["run_id"] for run in row.winner.runs] if row.winner else [],
    }


def _finite(value: Any) -> Any:
    """Plain JSON values: numpy scalars unwrapped, NaN and infinities None."""
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
