"""Starting Ray: whatever it raises becomes one line with a remedy."""

import os
import subprocess
import sys
import textwrap

import pytest

from sweeper.engine.on_ray.session import configure_ray, ray_session
from sweeper.errors import EngineError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (Exception("The current node timed out during startup."), "until it is less busy"),
        (OSError("validate_socket_filename failed: AF_UNIX path length"), "RAY_TMPDIR=/tmp"),
        (PermissionError(13, "Permission denied", "/x/ray"), "set one, as in RAY_TMPDIR=/tmp"),
        (NotADirectoryError(20, "Not a directory", "/x/ray"), "set one, as in RAY_TMPDIR=/tmp"),
        (KeyError("object_store"), "a local Ray cannot be used: 'object_store'"),
    ],
)
def test_what_ray_raises_is_one_line_with_a_remedy(monkeypatch, error, line):
    import ray

    def fails(**_):
        raise error

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", fails)
    with pytest.raises(EngineError) as caught, ray_session(None):
        pass
    assert line in str(caught.value) and "\n" not in str(caught.value)


def test_a_local_ray_runs_without_processes_that_nothing_uses():
    code = """
        import psutil
        from sweeper.engine.on_ray.session import ray_session

        with ray_session(None, cpus=1):
            import ray

            assert ray.get(ray.remote(lambda: 3).remote()) == 3
            for process in psutil.Process().children(recursive=True):
                print(" ".join(process.cmdline()))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    assert "raylet" in done.stdout
    for name in ("dashboard.py", "monitor.py"):  # also log_monitor.py
        assert name not in done.stdout


def test_a_program_may_have_imported_ray_before():
    """As in a notebook: Ray has read then that no token is needed."""
    code = """
        import ray
        from sweeper.engine.on_ray.session import ray_session

        with ray_session(None, cpus=1):
            print(ray.get(ray.remote(lambda: 3).remote()))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH")},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.stdout == "3\n", done.stderr


def test_variables_that_ray_or_its_processes_refuse_are_removed(monkeypatch):
    refused = ("PYTHONWARNINGS", "TUNE_RESULT_DIR", "RAY_AIR_LOCAL_CACHE_DIR")
    for name in refused:
        monkeypatch.setenv(name, "error")
    monkeypatch.setattr(os, "environ", dict(os.environ))
    configure_ray()
    assert not set(refused) & set(os.environ)
