"""What one check before a launch found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """The name of a check, and the problem it found ('' for none)."""

    name: str
    problem: str = ""
