"""What a launch prints at its end."""

from collections.abc import Iterable, Iterator
from typing import Any

from sweeper.errors import SweeperError
from sweeper.grid import Grid
from sweeper.launching.outcome import Outcome
from sweeper.messages import counted
from sweeper.planning.settings import Settings
from sweeper.tracking import layout

_MAX_REASONS = 5  # that are printed; all of them are in MLflow


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome in numbers."""
    return {
        **outcome.plan.summary(),
        "done": outcome.num_done,
        "left": outcome.num_left,
        "failed": outcome.failed,
        "diverged": outcome.diverged,
        "unpublished": outcome.unpublished,
        "notes": list(outcome.notes),
        "lost": outcome.engine_error,
        "stop_reason": outcome.stop_reason,
        "exit_code": outcome.exit_code,
    }


def end_lines(
    outcome: Outcome,
    grid: Grid,
    settings: Settings,
    command: str,
    results: Iterable[str] | None = None,
) -> list[str]:
    """The table of the grid, what went wrong, and the command that resumes.

    results: to be shown in place of the table."""
    return [
        *(_table_lines(outcome) if results is None else results),
        *_front_lines(outcome, grid),
        *_ended_lines(outcome, settings),
        *_count_lines(outcome),
        *_seed_lines(outcome),
        *_resume_lines(outcome, settings, command),
    ]


def _table_lines(outcome: Outcome) -> Iterator[str]:
    from sweeper.tables import table
    from sweeper.tables.render import render

    if outcome.study is None:
        yield f"no table: {outcome.study_error}"
        return
    try:
        name = outcome.plan.grid
        found = table(name, outcome.study, grid=name, rehearsal=None, synthetic=None)
        yield from ("", *render(found, "terminal").splitlines())
    except SweeperError as error:
        yield f"no table: {error}"


def _seed_lines(outcome: Outcome) -> Iterator[str]:
    """Where MLflow's page shows the seeds of a configuration together."""
    seeds = {training.config.seed for training in outcome.plan.trainings}
    if len(seeds) > 1 and outcome.num_done:
        yield (
            f"Mean and spread over {len(seeds)} seeds: sweeper ui, Group by, "
            f"{layout.CONFIGURATION}."
        )


def _front_lines(outcome: Outcome, grid: Grid) -> Iterator[str]:
    """The front of a search for several metrics."""
    if outcome.study is None or grid.search is None or len(grid.search.directions or {}) < 2:
        return
    from sweeper.analysis.pareto import front
    from sweeper.planning.population import find_population
    from sweeper.tables.pages.front import front_page
    from sweeper.tables.render.terminal import page_terminal

    try:
        name = grid.title
        population = find_population(outcome.study, name, rehearsal=None, synthetic=None)
        page = front_page(front(name, grid.search.directions, population))
        yield from ("", *page_terminal(page).splitlines())
    except SweeperError as error:
        yield f"no front: {error}"


def _ended_lines(outcome: Outcome, settings: Settings) -> Iterator[str]:
    """Why runs diverged or failed, and where their checkpoints are."""
    folders = {run: t.training_id for t in outcome.plan.trainings for run in t.run_ids}
    for status, runs in (("diverged", outcome.diverged), ("failed", outcome.failed)):
        if not runs:
            continue
        yield f"{counted(len(runs), 'run')} {status}:"
        for run, reason in list(runs.items())[:_MAX_REASONS]:
            folder = f"{settings.store}/trainings/{folders[run]}" if run in folders else ""
            yield f"  {run}: {reason or 'reason unknown'}" + (f" (see {folder})" if folder else "")
        if len(runs) > _MAX_REASONS:
            yield f"  and {len(runs) - _MAX_REASONS:,} more; see the tag sweeper.reason in MLflow"


def _count_lines(outcome: Outcome) -> Iterator[str]:
    counts = ((len(outcome.diverged), "diverged"), (len(outcome.failed), "failed"))
    more = "".join(f", {count:,} {status}" for count, status in counts if count)
    yield f"{outcome.num_done:,} of {counted(outcome.plan.runs, 'run')} done{more}."
    yield from outcome.notes
    for reason in filter(None, (outcome.engine_error, outcome.stop_reason)):
        yield f"{reason}."


def _resume_lines(outcome: Outcome, settings: Settings, command: str) -> Iterator[str]:
    if outcome.unpublished:
        yield (
            f"{outcome.unpublished:,} records in {settings.store} are not in MLflow yet: "
            f"{outcome.publishing_error or 'it was not reached in time'}."
        )
    if outcome.diverged and not outcome.accepts_diverged and "--retry" not in command:
        yield f"To train the diverged runs again: {command} --retry diverged"
    if outcome.interrupted or outcome.num_left or outcome.failed or outcome.unpublished:
        yield f"To resume: {command}"
