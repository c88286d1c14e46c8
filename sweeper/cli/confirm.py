"""The command `confirm`."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from sweeper.cli import options
from sweeper.cli.launch.ending import end_process, line_printer, typed_command
from sweeper.errors import UsageError
from sweeper.messages import counted, unknown

if TYPE_CHECKING:
    from sweeper.confirm.confirm import Price
    from sweeper.confirm.source import Confirmed
    from sweeper.grid import Grid
    from sweeper.grid.blocks.settings import Budget
    from sweeper.planning.settings import Settings

_LIMITS = ("hours", "gpu_hours", "money", "trainings")


def register(app: typer.Typer) -> None:
    app.command()(confirm)


def confirm(
    grid: Path = options.GRID,
    rivals: int = typer.Option(2, "--rivals", min=0, max=100, help="Rivals of each winner."),
    first: int = typer.Option(
        3, "--first", min=2, max=1000, help="Fresh seeds of each before anything is decided."
    ),
    seeds: int = typer.Option(10, "--seeds", min=2, max=1000, help="Fresh seeds of each at most."),
    budget: str = typer.Option(
        "", "--budget", help="Limits, as trainings=40,hours=2; also gpu_hours, money."
    ),
    plan: bool = typer.Option(False, "--plan", help="Print the price, and start nothing."),
    scale: float = options.SCALE,
    points: int = options.POINTS,
    synthetic: bool = options.SYNTHETIC,
    tracking_uri: str = options.TRACKING,
    store: str = options.STORE,
    data: Path = options.DATA,
    engine: str = options.ENGINE,
    address: str = options.ADDRESS,
    autoscaling: bool = options.AUTOSCALING,
    price: float = options.PRICE,
    spot: bool = options.SPOT,
    yes: bool = typer.Option(
        False, "--yes", help="Do not ask before a price over the budget, or over 2 days."
    ),
    as_json: bool = options.JSON,
) -> None:
    """Train a grid's winners and their strongest rivals on fresh seeds, and show which scores and
    which order of the models hold. The same command resumes after a kill or a crash.

    Example: sweeper confirm grids/quickstart.yaml"""
    from sweeper.cli.launch.consent import ask, reason_to_ask
    from sweeper.cli.launch.streams import outliving_readers
    from sweeper.confirm.confirm import open_confirmation
    from sweeper.confirm.confirm import price as make_price
    from sweeper.confirm.confirmation import ConfirmOptions
    from sweeper.confirm.race import RaceRules
    from sweeper.cost.text import total_lines
    from sweeper.grid import load_grid

    settings = options.setting(
        tracking_uri=tracking_uri,
        store=store,
        data=data,
        engine=engine,
        address=address,
        scale=scale,
        points=points,
        synthetic=synthetic,
        autoscaling=autoscaling,
        price=price,
        spot=spot,
    )
    limits = _limits(budget)
    most = limits.pop("trainings", None)
    confirm_options = ConfirmOptions(
        rivals, RaceRules(first, seeds), None if most is None else int(most)
    )
    spent = _budget(limits)
    loaded = load_grid(grid)
    confirmed = open_confirmation(loaded, settings, confirm_options)
    known = make_price(confirmed, settings, spent)
    if plan:
        _print_price(known, as_json)
        return
    show = line_printer(Console(stderr=as_json))
    trainings = known.most.to_json()["trainings"]
    show([f"At most, where nothing is settled before: {counted(trainings, 'training')}"])
    show(total_lines(known.most.cost))
    if not yes:
        ask(reason_to_ask(known.most.cost, on_cluster=address is not None))
    with outliving_readers():
        code = _confirm_here(loaded, confirmed, settings, spent, as_json)
    end_process(code)


def _confirm_here(
    grid: "Grid",
    confirmed: "Confirmed",
    settings: "Settings",
    budget: "Budget | None",
    as_json: bool,
) -> int:
    """Trains, prints the result. Returns the exit code."""
    from sweeper.confirm.confirm import confirm as run
    from sweeper.confirm.confirm import launch_grid
    from sweeper.confirm.result import confirmation_json, confirmation_page
    from sweeper.launching.forecast import forecast
    from sweeper.launching.summary import end_lines, outcome_json
    from sweeper.tables.render.terminal import page_terminal

    console = Console(stderr=as_json)
    show = line_printer(console)
    launched = launch_grid(grid, budget)
    outcome, found = run(
        confirmed,
        settings,
        budget=budget,
        console=console,
        on_plan=lambda round: show(forecast(launched, settings, plan=round).lines),
    )
    page = ["", *page_terminal(confirmation_page(found)).splitlines()]
    show(end_lines(outcome, launched, settings, typed_command(), page))
    if as_json:
        options.print_json({**confirmation_json(found), "launch": outcome_json(outcome)})
    return outcome.exit_code


def _price_lines(known: "Price") -> list[str]:
    lines = ["Fresh seeds that are trained next:", *known.next.lines]
    return [*lines, "At most, where nothing is settled before:", *known.most.lines]


def _print_price(known: "Price", as_json: bool) -> None:
    if as_json:
        options.print_json({"next": known.next.to_json(), "most": known.most.to_json()})
    else:
        print("\n".join(_price_lines(known)))


def _limits(text: str) -> dict[str, float]:
    """'trainings=40,hours=2' as numbers. Raises UsageError with every mistake."""
    found, mistakes = {}, []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.partition("=")
        if name not in _LIMITS:
            mistakes.append(f"--budget {name!r} {unknown(name, _LIMITS)}")
            continue
        try:
            found[name] = float(value)
        except ValueError:
            found[name] = -1.0
        if not 0 < found[name] < float("inf"):
            mistakes.append(f"--budget {part}: must be a number above 0, as {name}=40")
    if mistakes:
        raise UsageError("\n".join(mistakes))
    return found


def _budget(limits: dict[str, float]) -> "Budget | None":
    from sweeper.grid.blocks.settings import Budget

    return Budget.model_validate(limits) if limits else None
