"""What a launched grid says of its table, read off its stored text."""

from dataclasses import dataclass
from typing import Any

import yaml


@dataclass(frozen=True)
class GridSelection:
    """by, lower_is_better (None: as usual for that score): how runs are selected. report: the
    split to print. table: the table of the thesis that the grid is for."""

    by: str = "cbd"
    lower_is_better: bool | None = None
    report: str = "validation"
    table: str = ""


def rule_of(grid_text: str) -> GridSelection:
    """The rule in a grid's text; what it does not say is as in an empty grid."""
    try:
        content: Any = yaml.safe_load(grid_text)
    except yaml.YAMLError:
        content = None
    select, evaluation = _block(content, "select"), _block(content, "evaluation")
    mode = {"max": False, "min": True}.get(str(select.get("mode")))
    table = content.get("table", "") if isinstance(content, dict) else ""
    return GridSelection(
        str(select.get("by", "cbd")), mode, str(evaluation.get("report", "validation")), str(table)
    )


def _block(content: Any, name: str) -> dict[str, Any]:
    block = content.get(name) if isinstance(content, dict) else None
    return block if isinstance(block, dict) else {}
