"""Plans, runs and reports hyperparameter sweeps of disentangled-representation research.

    from sweeper import Grid, plan, launch, results, select, table, figure

does in a notebook what the commands do. Each name loads what it needs when it is first used."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

__version__ = "0.1.0"

_PLACES = {
    "Grid": "sweeper.grid",
    "plan": "sweeper.api",
    "launch": "sweeper.api",
    "results": "sweeper.study",
    "read_study": "sweeper.study",
    "select": "sweeper.selection",
    "compare": "sweeper.comparison",
    "table": "sweeper.tables",
    "render": "sweeper.tables.render",
    "figure": "sweeper.figures",
    "report": "sweeper.report",
}
__all__ = ["__version__", *_PLACES]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'sweeper' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


class _Package(ModuleType):
    """Keeps `sweeper.plan` and `sweeper.report` the functions: importing the submodules of these
    names would put modules in their place."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _PLACES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
