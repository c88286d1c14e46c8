"""Errors that users see as plain lines, with their exit codes.

    SweeperError             1  something failed or is missing
      UsageError             2  a command or option that is invalid
        GridError            2  a grid file with mistakes, all of them listed
        StoreInUseError      2  a sweep store that another launch uses
      StoreError             1  a sweep store that cannot be read or written
      TrackingError          1  an MLflow store that cannot be used
      EngineError            1  a cluster or worker that cannot do what was requested
      ResultsError           1  results that are missing or do not fit together
      DatasetError           1  a dataset that is missing or not what it claims to be

Any other exception that reaches the user is a bug."""

from collections.abc import Iterable
from dataclasses import dataclass


class SweeperError(Exception):
    """Base of every error for users to read. `exit_code` is the exit code of the command."""

    exit_code = 1


class UsageError(SweeperError):
    """A command, option or value that is invalid."""

    exit_code = 2


class StoreInUseError(UsageError):
    """A sweep store that another launch uses. takes_requests: whether that launch can be handed
    more trainings.  holder: names it."""

    def __init__(self, message: str, *, holder: str, takes_requests: bool) -> None:
        super().__init__(message)
        self.holder, self.takes_requests = holder, takes_requests


class StoreError(SweeperError):
    """A sweep store that cannot be read or written."""


class TrackingError(SweeperError):
    """An MLflow store that cannot be used."""


class EngineError(SweeperError):
    """A cluster or worker that cannot do what was requested."""


class ResultsError(SweeperError):
    """Results that are missing or do not fit together."""


class DatasetError(SweeperError):
    """A dataset that is missing or not what it claims to be."""


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a grid: where it is, what is wrong, what is allowed and what to do.

    file, line, column: line and column count from 1; line 0 means the file as a whole.
    path: the key path, as in `models[1].beta`; empty for the file as a whole."""

    file: str
    line: int
    column: int
    path: str
    what: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{where}: {self.path + ' ' if self.path else ''}{self.what}"


class GridError(UsageError):
    """A grid with mistakes. `problems` holds all of them, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        assert self.problems, "a GridError has at least one problem"
        super().__init__(render(self.problems))


def render(problems: Iterable[Problem]) -> str:
    """One line for each problem, and their number where there is more than one."""
    lines = [str(problem) for problem in problems]
    if len(lines) > 1:
        lines.append(f"{len(lines)} mistakes; nothing was started.")
    return "\n".join(lines)
