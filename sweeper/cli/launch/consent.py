"""Asks before a sweep that takes long or costs much.

The limits are those of the grid's `budget`; where it names none, the defaults here."""

import sys

from sweeper.cost.estimate import Cost
from sweeper.errors import UsageError
from sweeper.messages import format_duration

DEFAULT_HOURS = 48.0
DEFAULT_MONEY = 100.0


def reason_to_ask(cost: Cost, *, on_cluster: bool = False) -> str:
    """What of the cost is over a limit, as a phrase; '' where nothing is. How many trainings a
    cluster runs at a time is not known beforehand, so its hours are not compared."""
    exceeded = []
    if not on_cluster and cost.wall_hours > cost.budget.get("hours", DEFAULT_HOURS):
        exceeded.append(f"about {format_duration(3600 * cost.wall_hours)}")
    if cost.money is not None and cost.money > cost.budget.get("money", DEFAULT_MONEY):
        exceeded.append(f"{cost.money:,.2f} of money")
    return " and ".join(exceeded)


def ask(reason: str) -> None:
    """Returns after 'y'. Raises UsageError after any other answer, and without a terminal."""
    if not reason:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            f"this takes {reason} (an estimate; `sweeper plan` shows more). Nothing was started. "
            "To start it: --yes, or a `budget` in the grid that allows it"
        )
    print(f"This takes {reason}. Start? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError("nothing was started.")
