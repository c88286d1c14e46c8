"""Why something is not published: an outage of MLflow, or an error that waiting cannot fix."""

import errno
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from sweeper.messages import first_line

_ACCESS = (errno.EACCES, errno.EPERM, errno.EROFS)
_PLACE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG)
_SPACE = (errno.ENOSPC, errno.EDQUOT)
_SQLITE = ("readonly database", "unable to open database file", "disk is full", "disk I/O error")
# Raised by code of this process, never by an unreachable server.
_IN_CODE = (ImportError, LookupError, AttributeError, TypeError, ValueError, RuntimeError)
_SAME_COMMAND = "then run the same command: nothing is trained again"


@dataclass(frozen=True)
class PublishingFailure:
    """reason: one line.  remedy: what to do, or '' for an outage.  is_outage: whether trying again
    later may succeed by itself."""

    reason: str
    remedy: str = ""
    is_outage: bool = True

    def __str__(self) -> str:
        return f"{self.reason}; {self.remedy}" if self.remedy else self.reason


def failure_of(error: BaseException) -> PublishingFailure:
    """The failure behind an exception, or behind what caused it."""
    reason = first_line(error)
    for cause in _causes(error):
        remedy = _remedy(cause)
        if remedy:
            return PublishingFailure(reason, f"{remedy}, {_SAME_COMMAND}", is_outage=False)
    return PublishingFailure(reason)


def _causes(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _remedy(error: BaseException) -> str:
    """What removes a local cause; '' where the cause may be an outage."""
    if isinstance(error, OSError) and not isinstance(error, ConnectionError | TimeoutError):
        if error.errno in _SPACE:
            return "free some space on that disk"
        if error.errno in _ACCESS:
            return "make the file or folder named there writable"
        if error.errno in _PLACE:
            return "restore the file or folder named there"
        return ""
    if isinstance(error, sqlite3.Error):
        local = any(phrase in str(error) for phrase in _SQLITE)
        return "make the database and its folder writable" if local else ""
    if type(error) in _IN_CODE or isinstance(error, ImportError):
        return "correct the setting or installation that it names"
    return ""
