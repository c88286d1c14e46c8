"""What a launch says at its end, and what it hangs on its parent run."""

from collections.abc import Iterator
from typing import Any

from sweeper.errors import SweeperError
from sweeper.grid import Grid
from sweeper.launching.outcome import Outcome
from sweeper.planning.settings import Settings

_MOST = 5  # reasons that are printed; all of them are in MLflow


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome in numbers."""
    return {
        **outcome.plan.summary(),
        "left": outcome.num_left,
        "failed": outcome.failed,
        "diverged": outcome.diverged,
        "unpublished": outcome.unpublished,
        "notes": list(outcome.notes),
        "lost": outcome.cluster_error,
        "exit_code": outcome.exit_code,
    }


def closing_lines(outcome: Outcome, grid: Grid, setting: Settings, command: str) -> list[str]:
    """The table of the grid, what is not as it should be, and the command that goes on."""
    return [
        *_table_lines(outcome, setting),
        *_front_lines(grid, setting),
        *_trouble(outcome),
        *_next(outcome, setting, command),
    ]


def _table_lines(outcome: Outcome, setting: Settings) -> Iterator[str]:
    from sweeper.tables import table
    from sweeper.tables.render import render

    try:
        name = outcome.plan.grid
        found = table(name, setting.tracking_uri, grid=name, rehearsal=None, synthetic=None)
        yield from ("", *render(found, "terminal").splitlines())
    except SweeperError as error:
        yield f"no table: {error}"


def _front_lines(grid: Grid, setting: Settings) -> Iterator[str]:
    """The front of a search for several metrics."""
    if grid.search is None or len(grid.search.directions or {}) < 2:
        return
    from sweeper.analysis.pareto import front
    from sweeper.planning.population import find_population
    from sweeper.tables.pages.front import front_page
    from sweeper.tables.render.terminal import page_terminal

    try:
        name, uri = grid.title, setting.tracking_uri
        population = find_population(uri, name, rehearsal=None, synthetic=None)
        page = front_page(front(name, grid.search.directions, population))
        yield from ("", *page_terminal(page).splitlines())
    except SweeperError as error:
        yield f"no front: {error}"


def _trouble(outcome: Outcome) -> Iterator[str]:
    for what, runs in (("diverged", outcome.diverged), ("failed", outcome.failed)):
        if runs:
            yield f"{len(runs)} runs {what}:"
            yield from (f"  {run}: {reason}" for run, reason in list(runs.items())[:_MOST])
            if len(runs) > _MOST:
                yield f"  and {len(runs) - _MOST} more; see the tag sweeper.reason in MLflow"


def _next(outcome: Outcome, setting: Settings, command: str) -> Iterator[str]:
    done = outcome.plan.runs - outcome.num_left - len(outcome.failed) - len(outcome.diverged)
    yield f"{done:,} of {outcome.plan.runs:,} runs done."
    yield from outcome.notes
    if outcome.cluster_error:
        yield f"{outcome.cluster_error}."
    if outcome.unpublished:
        yield f"{outcome.unpublished} records wait in {setting.store} until MLflow is there again."
    if outcome.interrupted or outcome.num_left or outcome.failed or outcome.unpublished:
        yield f"To go on: {command}"
