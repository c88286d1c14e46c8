"""Which errors are an outage of MLflow, and which have a local cause with a remedy."""

import errno
import sqlite3

import pytest

from sweeper.errors import TrackingError
from sweeper.publishing.failures import failure_of


def caused(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
        TimeoutError("timed out"),
        OSError("HTTPConnectionPool(host='h', port=1): Max retries exceeded"),
        sqlite3.OperationalError("database is locked"),
        TrackingError("MLflow server http://h:1 does not answer"),
        caused(TrackingError("no answer"), ConnectionResetError(errno.ECONNRESET, "reset")),
    ],
)
def test_an_outage_may_end_by_itself(error):
    found = failure_of(error)
    assert found.is_outage and not found.remedy


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "/a"), "make the file or folder"),
        (OSError(errno.EROFS, "Read-only file system", "/a"), "make the file or folder"),
        (FileExistsError(errno.EEXIST, "File exists", "/a"), "restore"),
        (OSError(errno.ENOSPC, "No space left on device", "/a"), "free some space"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "writable"),
        (RuntimeError("Failed to process string with tex because latex ..."), "correct"),
        (ModuleNotFoundError("No module named 'x_backend'"), "correct"),
        (caused(TrackingError("MLflow store"), PermissionError(errno.EACCES, "no")), "writable"),
    ],
)
def test_a_local_cause_is_named_with_its_remedy(error, remedy):
    found = failure_of(error)
    assert not found.is_outage
    assert remedy in found.remedy and found.remedy.endswith("nothing is trained again")


def test_an_error_without_a_text_has_its_name():
    assert failure_of(KeyError()).reason == "KeyError"
