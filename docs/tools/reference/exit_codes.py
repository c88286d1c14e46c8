"""The page of exit codes: those of errors, from sweeper/errors.py, and those of signals."""

import signal

from docs.tools.reference.markdown import escape, table
from sweeper.errors import SweeperError
from trainers.errors import TrainerError

SIGNALS = {
    signal.SIGHUP: "the terminal was closed",
    signal.SIGINT: "Ctrl-C",
    signal.SIGTERM: "asked to stop, as by `sweeper stop` or a batch system",
}


def error_classes(base: type[Exception] = SweeperError) -> list[type[Exception]]:
    """The class and all below it."""
    return [base, *(c for below in base.__subclasses__() for c in error_classes(below))]


def exit_codes_page() -> str:
    errors = [
        (
            f"`{c.__name__}`",
            str(getattr(c, "exit_code", 1)),
            escape((c.__doc__ or "").split("\n")[0]),
        )
        for c in error_classes()
        if c.__module__.startswith("sweeper.")
    ]
    own = [
        (f"`{c.__name__}`", escape((c.__doc__ or "").split("\n")[0]))
        for c in error_classes(TrainerError)
    ]
    return "\n\n".join(
        [
            "# Exit codes",
            table(
                ("code", "meaning"),
                [
                    ("0", "success"),
                    ("1", "something failed, or runs are missing; `launch` prints what resumes"),
                    ("2", "invalid usage: an option, a grid or a file with mistakes"),
                    *(
                        (str(128 + number), f"{number.name}: {why}")
                        for number, why in SIGNALS.items()
                    ),
                ],
            ),
            "A launch that is interrupted saves a checkpoint of each training and prints the "
            "command that resumes. `--debug` before a command shows the traceback of an error.",
            "## Errors",
            "Every error is printed as plain lines: where, what, what is allowed, what to do.",
            table(("class", "exit code", "meaning"), errors),
            "Errors of one training (`trainers.errors`):",
            table(("class", "meaning"), own),
        ]
    )
