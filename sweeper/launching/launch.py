"""A launch: plan, train what is missing, publish as it finishes. Launching again resumes."""

import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console

from sweeper.engine.engine import Engine
from sweeper.engine.registry import open_engine
from sweeper.errors import SweeperError, TrackingError, UsageError
from sweeper.grid import Grid, load_grid
from sweeper.launching.control.signals import Interrupts, handle_interrupts
from sweeper.launching.outcome import Outcome
from sweeper.launching.retry import check_retry
from sweeper.launching.round import LaunchRound
from sweeper.launching.sources.plan import plan_source
from sweeper.launching.sources.source import Source
from sweeper.messages import counted
from sweeper.notify.notifier import Notifier, notifying, open_notifier
from sweeper.planning.plan import Plan
from sweeper.planning.settings import Settings
from sweeper.preflight.checks import check_cluster, check_locally, raise_on_problems
from sweeper.preflight.node_sizes import wait_for_nodes
from sweeper.store.launch_lock import store_lock
from sweeper.store.ray_sessions import record_session
from sweeper.store.requests import oldest_request, remove_request
from sweeper.tracking.connection import load_mlflow
from sweeper.weights.winners import keeps_winners_only, settle_weights

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Launch:
    """What all rounds of a launch share."""

    engine: Engine
    console: Console
    interrupts: Interrupts
    notifier: Notifier
    ended: dict[str, Outcome] = field(default_factory=dict)  # by the grid's name

    def print(self, line: str) -> None:
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)


def launch(
    grid: Grid,
    settings: Settings,
    console: Console | None = None,
    on_plan: Callable[[Plan], None] = lambda plan: None,
    make_source: Callable[[Grid, Settings], Source] | None = None,
) -> Outcome:
    """Trains and publishes what of `grid` is missing, then what other launches handed over.

    on_plan: called with the plan first (of a search, with what it has done so far); an exception
    from it ends the launch before anything is started.
    make_source: where the trainings come from; None for the grid's own plan or search.

    Raises SweeperError before anything is started: for a grid that cannot be run, a store in use,
    an MLflow that cannot be read, a Ray that cannot be joined."""
    console = console or Console(quiet=True)
    check_retry(settings.retry)
    engine = open_engine(settings.engine, settings.address)

    def on_failure(line: str) -> None:
        console.print(f"notification: {line}", markup=False, highlight=False, soft_wrap=True)

    notifier = open_notifier(grid, on_failure)
    with (
        store_lock(settings.store, grid.title, takes_requests=True),
        handle_interrupts() as interrupts,
        notifying(notifier),
    ):
        shared = _Launch(engine, console, interrupts, notifier)
        outcome = _train(grid, settings, shared, on_plan, make_source)
        notes = tuple(_take_requests(settings, shared)) if outcome.may_continue else ()
        notes = (*notes, *_settle_weights(settings, shared))
        outcome = replace(outcome, notes=(*outcome.notes, *notes))
        notifier.send_end(outcome)
    return outcome


def _train(
    grid: Grid,
    settings: Settings,
    shared: _Launch,
    on_plan: Callable[[Plan], None],
    make_source: Callable[[Grid, Settings], Source] | None = None,
) -> Outcome:
    """Every round of one grid."""
    source = (make_source or open_source)(grid, settings)
    on_plan(source.plan)
    for line in source.start_lines():
        shared.print(line)
    with _ready(source, grid, settings, shared):
        outcome = _round(grid, settings, source, shared)
        while (more := _next_round(source, outcome)) is not None:
            source = more
            on_plan(source.plan)
            outcome = outcome.followed_by(_round(grid, settings, source, shared))
    if outcome.may_continue:
        shared.ended[grid.title] = outcome
    return outcome


def _settle_weights(settings: Settings, shared: _Launch) -> list[str]:
    """After the requests: a grid that was handed over may keep what the others do not select."""
    studies = [outcome.study for outcome in shared.ended.values() if outcome.study is not None]
    if not any(map(keeps_winners_only, studies)) or shared.interrupts.stop.is_set():
        return []
    return settle_weights(settings.tracking_uri, settings.store, shared.ended)


def _round(grid: Grid, settings: Settings, source: Source, shared: _Launch) -> Outcome:
    return LaunchRound(
        grid, settings, source, shared.engine, shared.console, shared.interrupts, shared.notifier
    ).run()


def _take_requests(settings: Settings, shared: _Launch) -> Iterator[str]:
    """Trains the grids that other launches handed over, and says what became of each. A request
    stays in the store until it is done, so that after a signal the next launch takes it."""
    while not shared.interrupts.stop.is_set():
        found = oldest_request(settings.store)
        if found is None:
            return
        name, request = found
        shared.print(f"handed over by another launch: {request.file}")
        try:
            grid = load_grid(Path(request.file))
            outcome = _train(grid, replace(settings, **request.settings), shared, lambda plan: None)
            done = f"{outcome.num_done:,} of {counted(outcome.plan.runs, 'run')} done"
            yield f"handed over: {grid.title}: {done}"
        except (SweeperError, OSError, TypeError) as error:
            yield f"handed over: {request.file}: {error}"
        if not shared.interrupts.stop.is_set():
            remove_request(settings.store, name)


def open_source(grid: Grid, settings: Settings) -> Source:
    """Where the grid's trainings come from: its plan, or its search."""
    if grid.search is None:
        return plan_source(grid, settings)
    if settings.retry:
        raise UsageError("--retry: a search counts a diverged point as a result; leave it out")
    from sweeper.launching.sources.search import search_source

    return search_source(grid, settings)


@contextlib.contextmanager
def _ready(source: Source, grid: Grid, settings: Settings, shared: _Launch) -> Iterator[None]:
    """Checks what the trainings need and starts the engine, once for all rounds; does nothing
    where nothing is left to train.

    The engine ends after the publisher's thread: Ray aborts a process in which another thread
    releases a Ray object during shutdown."""
    engine, interrupts = shared.engine, shared.interrupts
    with contextlib.ExitStack() as stack:
        if source.num_trainings:
            raise_on_problems(check_locally(source.to_check, grid, settings))
            engine.load()
            try:
                with _mlflow_loaded_meanwhile(settings.tracking_uri):
                    stack.enter_context(engine.session())
            except SystemExit:  # Ray's own handler, in place while it starts, exits on SIGTERM
                interrupts.record(signal.SIGTERM)
            else:
                interrupts.install()
                if engine.session_folder is not None:
                    record_session(settings.store, engine.session_folder)
                if engine.on_nodes and not engine.on_this_machine:
                    wait_for_nodes(grid, settings, interrupts.stop, shared.print)
                    if not interrupts.stop.is_set():
                        raise_on_problems(check_cluster(source.to_check, grid, settings))
        yield


@contextlib.contextmanager
def _mlflow_loaded_meanwhile(tracking_uri: str) -> Iterator[None]:
    """Imports MLflow, which takes two seconds, while the block waits for something else."""
    # This module registers a lock that every fork takes before it and releases after it. If MLflow
    # imported it during a fork of the block, that fork would release a lock that it has not taken.
    import concurrent.futures.thread  # noqa: F401

    def load() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # for the main thread
        load_mlflow(tracking_uri)

    thread = threading.Thread(target=load)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _next_round(source: Source, outcome: Outcome) -> Source | None:
    """None where nothing more can be trained now, or MLflow cannot say what is left."""
    if not outcome.may_continue:
        return None
    try:
        return source.next_round()
    except TrackingError as error:
        log.warning("%s", error)
        return None
