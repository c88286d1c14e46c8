"""`plan` and `launch` for programs and notebooks; everything happens in the working folder unless
told otherwise."""

from pathlib import Path
from typing import Any

from rich.console import Console

from sweeper.grid import Grid, load_grid
from sweeper.planning.plan import Plan
from sweeper.planning.remaining import plan_grid
from sweeper.planning.settings import Settings, default_settings


def plan(grid: Grid | str | Path, **settings: Any) -> Plan:
    """What `grid` asks for, what is there, what is left. `where`: fields of `planning.Settings`."""
    return plan_grid(_grid(grid), _setting(settings))


def launch(grid: Grid | str | Path, *, console: Console | None = None, **settings: Any) -> Any:
    """Trains and publishes what is missing; see `launching.launch`. Returns its Outcome.

    Quiet unless a console is given. `where`: fields of `planning.Settings`, such as
    tracking_uri='sqlite:///other.db' or scale=0.01."""
    from sweeper.launching.launch import launch as run

    return run(_grid(grid), _setting(settings), console)


def _grid(grid: Grid | str | Path) -> Grid:
    return grid if isinstance(grid, Grid) else load_grid(grid)


def _setting(settings: dict[str, Any]) -> Settings:
    setting = default_settings()
    for name, value in settings.items():
        if not hasattr(setting, name):
            known = ", ".join(vars(setting))
            raise TypeError(f"{name!r} is no setting; known: {known}")
        setattr(setting, name, str(value) if isinstance(value, Path) else value)
    return setting
