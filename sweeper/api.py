"""`plan` and `launch` for programs and notebooks. Everything happens in the working folder unless
a setting names another place."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from sweeper.grid import Grid, load_grid
from sweeper.planning.plan import Plan
from sweeper.planning.remaining import plan_grid
from sweeper.planning.settings import Settings, default_settings


def plan(grid: Grid | str | Path, **settings: Any) -> Plan:
    """What `grid` asks for, what is done, what is left. settings: fields of
    `planning.settings.Settings`."""
    return plan_grid(_grid(grid), _settings(settings))


def launch(grid: Grid | str | Path, *, console: Console | None = None, **settings: Any) -> Any:
    """Trains and publishes what is missing; see `launching.launch`. Returns its Outcome.

    Prints nothing unless a console is given. settings: fields of `planning.settings.Settings`,
    such as tracking_uri='sqlite:///other.db', scale=0.01 or engine='local'."""
    from sweeper.launching.launch import launch as run

    return run(_grid(grid), _settings(settings), console)


def _grid(grid: Grid | str | Path) -> Grid:
    return grid if isinstance(grid, Grid) else load_grid(grid)


def _settings(values: dict[str, Any]) -> Settings:
    settings = default_settings()
    unknown = sorted(set(values) - set(vars(settings)))
    if unknown:
        known = ", ".join(vars(settings))
        raise TypeError(f"unknown settings: {', '.join(unknown)}; known: {known}")
    plain: dict[str, Any] = {
        name: str(v) if isinstance(v, Path) else v for name, v in values.items()
    }
    return replace(settings, **plain)
