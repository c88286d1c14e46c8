"""Asking before a sweep that takes long or costs much."""

import sys

from sweeper.cost.estimate import Cost
from sweeper.errors import UsageError
from sweeper.messages import format_duration

ASK_HOURS = 48.0
ASK_MONEY = 100.0


def reason_to_ask(cost: Cost, *, hours: float = ASK_HOURS, money: float = ASK_MONEY) -> str:
    """What of the cost is over a threshold, for people; '' where nothing is."""
    over = []
    if cost.wall_hours > hours:
        over.append(f"about {format_duration(3600 * cost.wall_hours)}")
    if cost.money is not None and cost.money > money:
        over.append(f"{cost.money:,.2f} of money")
    return " and ".join(over)


def ask(reason: str) -> None:
    """Goes on after 'y'. Raises UsageError after anything else, and where nobody can be asked."""
    if not reason:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            f"this takes {reason} (an estimate; sweeper plan tells more). Nothing was started. "
            "To start it without being asked: --yes"
        )
    print(f"This takes {reason}. Start? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError("nothing was started.")
