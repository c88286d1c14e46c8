"""`sweeper confirm`: prices and launches the fresh seeds of a grid's winners and rivals."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from rich.console import Console

from sweeper.analysis.study import read_study
from sweeper.confirm.arms import population_of_plan
from sweeper.confirm.confirmation import Confirmation, ConfirmOptions
from sweeper.confirm.source import SUFFIX, Confirmed, ConfirmSource
from sweeper.grid import Grid
from sweeper.grid.blocks.settings import Budget
from sweeper.ids import id_of
from sweeper.launching.forecast import Forecast, forecast
from sweeper.launching.launch import launch
from sweeper.launching.outcome import Outcome
from sweeper.planning.plan import Plan
from sweeper.planning.remaining import plan_grid
from sweeper.planning.settings import Settings


@dataclass(frozen=True)
class Price:
    """next: of the fresh seeds that are trained next.  most: where nothing is decided before every
    configuration has the most seeds."""

    next: Forecast
    most: Forecast


def open_confirmation(grid: Grid, settings: Settings, options: ConfirmOptions) -> Confirmed:
    """Raises GridError, ResultsError, StoreError, TrackingError."""
    if grid.search is None:
        plan = plan_grid(grid, settings)
    else:
        from sweeper.search.plan import plan_of_proposed

        plan = plan_of_proposed(grid, settings)
    population = population_of_plan(grid, plan, read_study(settings.tracking_uri), settings)
    identity = id_of({"confirm": grid.title, "grid_id": plan.grid_id, "options": asdict(options)})
    return Confirmed(grid, plan, population, options, identity)


def launch_grid(grid: Grid, budget: Budget | None) -> Grid:
    """The grid by whose settings fresh runs are launched: its own name, so that tables of the
    grid count what the grid asks for and nothing else. budget: of the confirmation."""
    update = {"name": f"{grid.title}{SUFFIX}", "budget": budget, "search": None}
    return grid.model_copy(update=update)


def price(confirmed: Confirmed, settings: Settings, budget: Budget | None) -> Price:
    """What the next fresh seeds cost, and what all cost at the most, by the plan's own estimate.

    Raises ResultsError, StoreError, TrackingError, UsageError."""
    grid = launch_grid(confirmed.grid, budget)
    found, known = confirmed.now(settings)
    first, most = (
        forecast(grid, settings, plan=confirmed.plan_of(found, known, settings, most=every))
        for every in (False, True)
    )
    return Price(first, most)


def confirm(
    confirmed: Confirmed,
    settings: Settings,
    *,
    budget: Budget | None = None,
    console: Console | None = None,
    on_plan: Callable[[Plan], None] = lambda plan: None,
) -> tuple[Outcome, Confirmation]:
    """Trains what is wanted, round by round, as ordinary runs.

    on_plan: called with the plan of each round.  Raises SweeperError as `launch` does."""
    grid = launch_grid(confirmed.grid, budget)
    outcome = launch(
        grid,
        settings,
        console,
        on_plan,
        make_source=lambda grid, settings: ConfirmSource(grid, settings, confirmed),
    )
    return outcome, confirmed.now(settings)[0]
