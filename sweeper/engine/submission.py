"""A launch as a Ray job: the code and the grid are shipped, the cluster runs the driver.

`address` is that of the cluster's dashboard, as in http://127.0.0.1:8265."""

import asyncio
import logging
import re
import shlex
import shutil
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from sweeper.engine.session import configure_ray
from sweeper.errors import EngineError

PREFIX = "sweeper-"
_PACKAGES = ("sweeper", "trainers", "search_spaces")
_STOP_S = "60"  # what a launch gets to save its trainings, once it is asked to stop
_SUBMIT_TIMEOUT_S = 60.0
# Loggers that set their own level when they are imported.
_NOISY_LOGGERS = ("ray.dashboard.modules.dashboard_sdk", "ray.dashboard.modules.job.sdk")
_ACTIVE = ("PENDING", "RUNNING")


def submit(address: str, title: str, grid: str, options: Sequence[str]) -> str:
    """Ships the packages and the text of a grid, and starts `sweeper launch` there.

    Returns the job's id. Raises EngineError."""
    job = f"{PREFIX}{re.sub('[^A-Za-z0-9]+', '-', title)[:40]}-{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder, _client(address) as client:
        _pack(Path(folder), grid)
        environment = {"RAY_JOB_STOP_WAIT_TIME_S": _STOP_S, "PYTHONUNBUFFERED": "1"}
        _submit(
            client,
            submission_id=job,
            entrypoint=_entrypoint(options),
            runtime_env={"working_dir": folder, "env_vars": environment},
        )
    return job


def follow(address: str, job: str, out: TextIO = sys.stdout) -> int:
    """Copies what the job prints until it is over. Returns its exit code."""
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
        ours = [name for name in live if name.startswith(PREFIX)]
        chosen = [name for name in live if name == job] if job else ours
        for name in chosen:
            client.stop_job(name)
    return chosen


def _submit(client: Any, **job: Any) -> None:
    """A cluster that has just started takes jobs a little later than it answers."""
    end = time.monotonic() + _SUBMIT_TIMEOUT_S
    while True:
        try:
            client.submit_job(**job)
            return
        except RuntimeError as error:
            if "No available agent" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(1)


def _pack(folder: Path, grid: str) -> None:
    root = Path(__file__).resolve().parents[2]
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    for package in _PACKAGES:
        shutil.copytree(root / package, folder / package, ignore=ignored)
    (folder / "grid.yaml").write_text(grid, encoding="utf-8")


def _entrypoint(options: Sequence[str]) -> str:
    """The shell command of the job. It leaves the folder that Ray unpacked: nodes that share a
    machine unpack it again and again, and the folder under a process's feet would be gone."""
    words = shlex.join(["--address", "auto", *options])
    return (
        'cd "$(mktemp -d)" && PYTHONPATH="$OLDPWD" exec python -m sweeper launch '
        f'"$OLDPWD/grid.yaml" {words}'
    )


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """A client of the cluster's jobs. Ray's many errors leave as EngineError."""
    configure_ray()
    from ray.job_submission import JobSubmissionClient

    try:
        client = JobSubmissionClient(address)
        for name in ("ray", *_NOISY_LOGGERS):
            logging.getLogger(name).setLevel(logging.ERROR)
        yield client
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        reason = " ".join(str(error).split())[:300]
        raise EngineError(f"the Ray jobs of {address} cannot be used: {reason}") from error
