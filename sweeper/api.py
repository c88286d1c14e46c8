"""`plan` and `launch` for programs and notebooks; everything happens in the working folder unless
told otherwise."""

from pathlib import Path
from typing import Any

from rich.console import Console

from sweeper.grid import Grid, load_grid
from sweeper.planning.plan import Plan
from sweeper.planning.remaining import plan_grid
from sweeper.planning.settings import Setting, default_setting


def plan(grid: Grid | str | Path, **where: Any) -> Plan:
    """What `grid` asks for, what is there, what is left. `where`: fields of `planning.Setting`."""
    return plan_grid(_grid(grid), _setting(where))


def launch(grid: Grid | str | Path, *, console: Console | None = None, **where: Any) -> Any:
    """Trains and publishes what is missing; see `launching.launch`. Returns its Outcome.

    Quiet unless a console is given. `where`: fields of `planning.Setting`, such as
    tracking_uri='sqlite:///other.db' or scale=0.01."""
    from sweeper.launching.launch import launch as run

    return run(_grid(grid), _setting(where), console)


def _grid(grid: Grid | str | Path) -> Grid:
    return grid if isinstance(grid, Grid) else load_grid(grid)


def _setting(where: dict[str, Any]) -> Setting:
    setting = default_setting()
    for name, value in where.items():
        if not hasattr(setting, name):
            known = ", ".join(vars(setting))
            raise TypeError(f"{name!r} is no setting; known: {known}")
        setattr(setting, name, str(value) if isinstance(value, Path) else value)
    return setting
