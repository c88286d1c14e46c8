"""`launch`: plan, train what is missing, publish as it comes. Launch is resume."""

import contextlib
import logging
import signal
from collections.abc import Callable

from rich.console import Console

from sweeper.engine.session import ray_session
from sweeper.errors import TrackingError
from sweeper.grid import Grid
from sweeper.launching.outcome import Outcome
from sweeper.launching.round import LaunchRound
from sweeper.launching.signals import Interrupts, interrupts
from sweeper.planning.plan import Plan
from sweeper.planning.remaining import plan_grid
from sweeper.planning.settings import Settings
from sweeper.preflight.checks import check_cluster, check_locally, raise_on_problems
from sweeper.store.launch_lock import store_lock

log = logging.getLogger(__name__)


def launch(
    grid: Grid,
    setting: Settings,
    console: Console | None = None,
    on_plan: Callable[[Plan], None] = lambda plan: None,
) -> Outcome:
    """Trains and publishes what of `grid` is not there yet. `on_plan` is told the plan first (of a
    search, what it has done so far); what it raises ends the launch before anything is started.

    Raises SweeperError before anything is started: for a grid that cannot be run, a store in use,
    an MLflow that cannot be read, a Ray that cannot be joined."""
    console = console or Console(quiet=True)
    with (
        store_lock(setting.store, grid.title),
        interrupts() as caught,
        contextlib.ExitStack() as joined,
    ):
        if grid.search is not None:
            from sweeper.launching.search_launch import launch_search

            def join(plan: Plan) -> None:
                _join(joined, plan, grid, setting, caught)

            return launch_search(grid, setting, console, caught, on_plan, join)
        plan = plan_grid(grid, setting)
        on_plan(plan)
        if any(training.todo and not training.unresolved for training in plan.trainings):
            raise_on_problems(check_locally(plan, setting))
            _join(joined, plan, grid, setting, caught)
        outcome = LaunchRound(grid, setting, plan, console, caught).run()
        while not outcome.interrupted and (more := _next_round(grid, setting, outcome)):
            on_plan(more)
            outcome = outcome.followed_by(LaunchRound(grid, setting, more, console, caught).run())
    return outcome


def _join(
    joined: contextlib.ExitStack,
    plan: Plan | None,
    grid: Grid,
    setting: Settings,
    caught: Interrupts,
) -> None:
    """One Ray for all rounds of a launch, and the word of a cluster's nodes.

    It ends after the publisher's thread: Ray ends a process in which any thread lets go of
    something of its own while it shuts down."""
    try:
        joined.enter_context(ray_session(setting.address))
    except SystemExit:  # Ray's own handler, in place while it starts, exits on SIGTERM
        caught.record(signal.SIGTERM)
        return
    caught.install()
    if setting.address is not None:
        raise_on_problems(check_cluster(plan, grid, setting))


def _next_round(grid: Grid, setting: Settings, outcome: Outcome) -> Plan | None:
    """The plan once more, if this round made something ready or found something missing that was
    not known before: a learned value, mdL-weak in place of mdL-strong, a damaged record."""
    if outcome.unpublished or outcome.cluster_error:
        return None  # MLflow is away: what it would tell is not known; or Ray is
    try:
        plan = plan_grid(grid, setting)
    except TrackingError as error:
        log.warning("%s", error)
        return None
    known = {training.training_id: set(training.todo) for training in outcome.plan.trainings}
    for training in plan.trainings:
        if not training.unresolved and set(training.todo) - known.get(training.training_id, set()):
            return plan
    return None
