"""The application: its commands, and how errors become one line and an exit code."""

import errno
import gc
import sys
from pathlib import Path

import typer

from sweeper.cli import (
    cluster,
    confirm,
    data,
    measure,
    own_code,
    pareto,
    results,
    select_export,
    start,
    stores,
    sweep,
)
from sweeper.cli.launch.streams import drop, open_missing_streams, tolerate_encodings
from sweeper.cli.start.interpreter import check_interpreter
from sweeper.cli.start.next_steps import next_steps
from sweeper.errors import SweeperError
from sweeper.messages import first_line, mask_credentials
from sweeper.version import __version__
from trainers.errors import ConfigError, DataError, MeasureError, OwnCodeError, TrainerError

app = typer.Typer(
    name="sweeper",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    """Hyperparameter sweeps for disentangled representations: plan, launch, tables, figures.

    Without a command: what is in this folder, and what to do next.

    Exit codes: 0 success; 1 failed or missing runs; 2 invalid usage; 129, 130, 143 a signal."""
    _State.debug = debug
    if version:
        print(f"sweeper {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print("\n".join(next_steps(Path.cwd())))


_OF_WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class _State:
    debug = False


# In the order of `sweeper --help`.
for module in (
    start,
    sweep,
    confirm,
    cluster,
    results,
    select_export,
    pareto,
    stores,
    measure,
    own_code,
):
    module.register(app)
app.add_typer(data.app, name="data")


def main() -> None:
    """The `sweeper` command."""
    open_missing_streams()
    tolerate_encodings()
    gc.set_threshold(50_000)  # imports of Ray and MLflow make few cycles
    try:
        check_interpreter()
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except (SweeperError, TrainerError) as error:
        code = _report(error)
    except typer.Abort:
        code = 130
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = 130
    except BrokenPipeError:
        drop(sys.stdout)
        drop(sys.stderr)
        code = 1
    except OSError as error:
        code = _report_system_error(error)
    except Exception as error:
        code = _show_usage_error(error)
    gc.freeze()  # the interpreter's end need not search all that was imported for cycles
    sys.exit(code if isinstance(code, int) else 0)


def _report(error: Exception) -> int:
    _show_traceback()
    print(error, file=sys.stderr)
    if isinstance(error, SweeperError):
        return error.exit_code
    return 2 if isinstance(error, ConfigError | DataError | MeasureError | OwnCodeError) else 1


def _report_system_error(error: OSError) -> int:
    """A full disk, a lost permission or another error of the system, where no code expects it."""
    _show_traceback()
    reason = first_line(error)
    if error.filename is not None:
        reason = f"{error.filename}: {error.strerror}"
    elif error.errno in _OF_WRITING:
        reason = f"standard output or a file: {error.strerror}"
    print(f"{mask_credentials(reason)}. `sweeper --debug` shows where", file=sys.stderr)
    drop(sys.stdout)  # what is left there would be written, and fail, at the end
    return 1


def _show_traceback() -> None:
    if _State.debug:
        from rich.console import Console

        Console(stderr=True).print_exception()


def _show_usage_error(error: Exception) -> int:
    """Exit code of Click's own errors (a missing argument, an unknown option) and of others."""
    show = getattr(error, "show", None)
    if show is None:
        raise error
    show()
    return int(getattr(error, "exit_code", 2))
