"""A launch as a Ray job: the code and the grid are shipped, and the cluster runs the driver.

`address` is that of the cluster's dashboard, as in http://127.0.0.1:8265."""

import asyncio
import logging
import re
import shlex
import shutil
import signal
import socket
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

from sweeper.engine.on_ray.code_check import PACKAGES, SHIPPED_DIGEST, code_here
from sweeper.engine.on_ray.session import configure_ray
from sweeper.errors import EngineError

PREFIX = "sweeper-"
GRIDS = "grids"  # the folder of grid files in what is shipped
_STOP_S = "60"  # time for a launch to save its trainings after it is asked to stop
_SUBMIT_TIMEOUT_S = 60.0
_CONNECT_TIMEOUT_S = 5.0
_PORTS = {"http": 80, "https": 443}
_NO_AGENT = "No available agent"
# Loggers that set their own level when they are imported.
_NOISY_LOGGERS = ("ray.dashboard.modules.dashboard_sdk", "ray.dashboard.modules.job.sdk")
_ACTIVE = ("PENDING", "RUNNING")


def submit(
    address: str, title: str, grid: str, files: Mapping[str, str], options: Sequence[str]
) -> str:
    """Ships the packages and grid files, and starts `sweeper launch` there.

    grid: the path of the grid among `files`, {relative path: text}.
    Returns the job's id. Raises EngineError."""
    job = f"{PREFIX}{re.sub('[^A-Za-z0-9]+', '-', title)[:40]}-{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder, _client(address) as client:
        pack(Path(folder), files)
        environment = {
            "RAY_JOB_STOP_WAIT_TIME_S": _STOP_S,
            "PYTHONUNBUFFERED": "1",
            SHIPPED_DIGEST: code_here().digest,
        }
        _submit(
            client,
            submission_id=job,
            entrypoint=entrypoint(grid, options),
            runtime_env={"working_dir": folder, "env_vars": environment},
        )
    return job


def follow(address: str, job: str, out: TextIO = sys.stdout) -> int:
    """Copies what the job prints until it ends. Returns its exit code."""
    with _client(address) as client:

        async def copy() -> None:
            async for lines in client.tail_job_logs(job):
                out.write(lines)
                out.flush()

        asyncio.run(copy())
        details = client.get_job_info(job)
    code = details.driver_exit_code
    if code is None:
        return {"SUCCEEDED": 0, "STOPPED": 128 + signal.SIGTERM}.get(str(details.status), 1)
    return 128 - code if code < 0 else int(code)


def stop(address: str, job: str | None) -> list[str]:
    """Asks a job to stop, or every launch that runs on the cluster. Returns the ids."""
    with _client(address) as client:
        live = [
            str(details.submission_id)
            for details in client.list_jobs()
            if details.submission_id and str(details.status) in _ACTIVE
        ]
        launches = [name for name in live if name.startswith(PREFIX)]
        chosen = [name for name in live if name == job] if job else launches
        for name in chosen:
            client.stop_job(name)
    return chosen


def _submit(client: Any, **job: Any) -> None:
    """Retries, since a cluster that has just started answers before it takes jobs."""
    end = time.monotonic() + _SUBMIT_TIMEOUT_S
    while True:
        try:
            client.submit_job(**job)
            return
        except RuntimeError as error:
            if _NO_AGENT not in str(error) or time.monotonic() > end:
                raise
            time.sleep(1)


def pack(folder: Path, files: Mapping[str, str]) -> None:
    """Writes what is shipped: this process's packages, and the grid files under GRIDS."""
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    for package, source in zip(PACKAGES, code_here().folders, strict=True):
        shutil.copytree(source, folder / package, ignore=ignored)
    pack_grids(folder, files)


def pack_grids(folder: Path, files: Mapping[str, str]) -> None:
    """Writes the grid files under GRIDS."""
    for name, text in files.items():
        path = folder / GRIDS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def entrypoint(grid: str, options: Sequence[str]) -> str:
    """The shell command of the job. It leaves the folder that Ray unpacked: nodes that share a
    machine unpack it again and again, which would remove a process's working folder."""
    words = shlex.join(["--address", "auto", *options])
    path = f'"$OLDPWD"/{shlex.quote(f"{GRIDS}/{grid}")}'
    return f'cd "$(mktemp -d)" && PYTHONPATH="$OLDPWD" exec python -m sweeper launch {path} {words}'


def _check_dashboard(address: str) -> None:
    """Fails fast: Ray would retry for a minute. Raises EngineError."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        host = port = None
    if not host or port is None:
        raise EngineError(
            f"--address {address}: jobs need the address of the cluster's dashboard, such as "
            "http://HOST:8265"
        )
    try:
        socket.create_connection((host, port), _CONNECT_TIMEOUT_S).close()
    except (OSError, OverflowError) as error:
        raise EngineError(
            f"no Ray dashboard answers at {address}: {error}. Is the cluster running, is this the "
            "address of its dashboard (port 8265 by default), and is that port open from here?"
        ) from error


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """A client of the cluster's jobs. Ray's many kinds of errors become EngineError."""
    configure_ray()
    from ray.exceptions import RayError
    from ray.job_submission import JobSubmissionClient

    _check_dashboard(address)
    try:
        client = JobSubmissionClient(address)
        for name in ("ray", *_NOISY_LOGGERS):
            logging.getLogger(name).setLevel(logging.ERROR)
        yield client
    except (ConnectionError, RuntimeError, ValueError, OSError, RayError) as error:
        raise EngineError(f"the Ray jobs of {address} cannot be used: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    reason = " ".join(str(error).split())[:300]
    if _NO_AGENT in reason:
        reason += (
            ". The head runs no job agent: install ray[default] there, as in pip install "
            "'ray[default]', and start the cluster again"
        )
    return reason
