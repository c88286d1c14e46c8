"""A launch: plan, train what is missing, publish as it finishes. Launching again resumes."""

import contextlib
import logging
import signal
from collections.abc import Callable, Iterator

from rich.console import Console

from sweeper.engine.engine import Engine
from sweeper.engine.registry import open_engine
from sweeper.errors import TrackingError, UsageError
from sweeper.grid import Grid
from sweeper.launching.outcome import Outcome
from sweeper.launching.retry import check_retry
from sweeper.launching.round import LaunchRound
from sweeper.launching.signals import Interrupts, interrupts
from sweeper.launching.sources.plan import plan_source
from sweeper.launching.sources.source import Source
from sweeper.planning.plan import Plan
from sweeper.planning.settings import Settings
from sweeper.preflight.checks import check_cluster, check_locally, raise_on_problems
from sweeper.store.launch_lock import store_lock

log = logging.getLogger(__name__)


def launch(
    grid: Grid,
    settings: Settings,
    console: Console | None = None,
    on_plan: Callable[[Plan], None] = lambda plan: None,
) -> Outcome:
    """Trains and publishes what of `grid` is missing.

    on_plan: called with the plan first (of a search, with what it has done so far); an exception
    from it ends the launch before anything is started.

    Raises SweeperError before anything is started: for a grid that cannot be run, a store in use,
    an MLflow that cannot be read, a Ray that cannot be joined."""
    console = console or Console(quiet=True)
    check_retry(settings.retry)
    engine = open_engine(settings.engine, settings.address)
    with store_lock(settings.store, grid.title), interrupts() as caught:
        source = open_source(grid, settings)
        on_plan(source.plan)
        for line in source.start_lines():
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        with _ready(engine, source, grid, settings, caught):
            outcome = LaunchRound(grid, settings, source, engine, console, caught).run()
            while (more := _next_round(source, outcome)) is not None:
                source = more
                on_plan(source.plan)
                later = LaunchRound(grid, settings, source, engine, console, caught).run()
                outcome = outcome.followed_by(later)
    return outcome


def open_source(grid: Grid, settings: Settings) -> Source:
    """Where the grid's trainings come from: its plan, or its search."""
    if grid.search is None:
        return plan_source(grid, settings)
    if settings.retry:
        raise UsageError("--retry: a search counts a diverged point as a result; leave it out")
    from sweeper.launching.sources.search import search_source

    return search_source(grid, settings)


@contextlib.contextmanager
def _ready(
    engine: Engine, source: Source, grid: Grid, settings: Settings, caught: Interrupts
) -> Iterator[None]:
    """Checks what the trainings need and starts the engine, once for all rounds; does nothing
    where nothing is left to train.

    The engine ends after the publisher's thread: Ray aborts a process in which another thread
    releases a Ray object during shutdown."""
    with contextlib.ExitStack() as stack:
        if source.num_trainings:
            raise_on_problems(check_locally(source.to_check, settings))
            try:
                stack.enter_context(engine.session())
            except SystemExit:  # Ray's own handler, in place while it starts, exits on SIGTERM
                caught.record(signal.SIGTERM)
            else:
                caught.install()
                if settings.address is not None:
                    raise_on_problems(check_cluster(source.to_check, grid, settings))
        yield


def _next_round(source: Source, outcome: Outcome) -> Source | None:
    """None after an interrupt, or where MLflow or the engine cannot say what is left."""
    if outcome.interrupted or outcome.unpublished or outcome.engine_error:
        return None
    try:
        return source.next_round()
    except TrackingError as error:
        log.warning("%s", error)
        return None
