"""Settings of the Python interpreter with which Ray and MLflow cannot work."""

import os
import sys
import warnings

from sweeper.errors import UsageError

# What Python ignores by itself.
_IGNORED = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)


def check_interpreter() -> None:
    """Treats warnings as Python does by itself where PYTHONWARNINGS makes errors of them, since Ray
    and MLflow cause some. Raises UsageError where docstrings were removed."""
    if sys.flags.optimize > 1:
        raise UsageError(
            "Python removes docstrings here (-OO, or PYTHONOPTIMIZE=2), which Ray and MLflow need: "
            "unset it"
        )
    if "error" in os.environ.get("PYTHONWARNINGS", ""):
        del os.environ["PYTHONWARNINGS"]  # of processes that are started from here
        warnings.resetwarnings()
        for category in _IGNORED:
            warnings.simplefilter("ignore", category)
