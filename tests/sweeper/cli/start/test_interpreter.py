"""Settings of Python with which Ray and MLflow cannot work."""

import os
import subprocess
import sys

from tests.sweeper.support.cli_runs import ROOT

CALL = "import sweeper.cli.app as app; app.app = lambda standalone_mode: {}; app.main()"


def run(*options, body="None", **environment):
    return subprocess.run(
        [sys.executable, *options, "-c", CALL.format(body)],
        env=os.environ | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def test_python_without_docstrings_is_refused():
    done = run("-OO")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("Python removes docstrings here") and "unset" in done.stderr


def test_warnings_of_libraries_are_no_errors():
    warn = "[__import__('warnings').warn('w', c) for c in (UserWarning, DeprecationWarning)]"
    body = f"({warn}, print('PYTHONWARNINGS' in __import__('os').environ))"
    done = run(body=body, PYTHONWARNINGS="error")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "False\n"
    assert "UserWarning: w" in done.stderr and "DeprecationWarning" not in done.stderr
