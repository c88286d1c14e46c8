"""Plans, runs and reports hyperparameter sweeps of disentangled-representation research.

    from sweeper import load_grid, plan, launch, results, select, table, figure

offers in a program or notebook what the commands offer. Each name is imported at its first use."""

from importlib import import_module
from typing import Any

from sweeper.version import __version__

_MODULES = {
    "Grid": "sweeper.grid",
    "load_grid": "sweeper.grid",
    "plan": "sweeper.api",
    "launch": "sweeper.api",
    "results": "sweeper.analysis.population",
    "read_study": "sweeper.analysis.study",
    "select": "sweeper.analysis.selected",
    "compare": "sweeper.analysis.comparison",
    "table": "sweeper.tables",
    "render": "sweeper.tables.render",
    "figure": "sweeper.figures",
    "report": "sweeper.reports.grid_report",
}


__all__ = ["__version__", *_MODULES]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'sweeper' has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
