"""Starting the services of compose.yaml as plain processes on loopback, and ending them."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

WAIT_S = 90.0  # how long a service may take to come up on a busy machine


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once `ready()`; fail the test with the log where the process ends or never gets so."""
    end = time.monotonic() + WAIT_S
    while not ready():
        if process.poll() is not None or time.monotonic() > end:
            pytest.fail(f"{process.args} did not come up:\n{log.read_text()[-4000:]}")
        time.sleep(0.2)


@contextlib.contextmanager
def running(
    command: list[str], env: dict[str, str], ready: Callable[[], bool], log: Path
) -> Iterator[None]:
    """A process with its children, up when entered and gone when left."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        wait_until(ready, process, log)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def status(url: str, **headers: str) -> int:
    """HTTP status of a GET, 0 while nobody listens."""
    try:
        request = urllib.request.Request(url, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return int(error.code)
    except OSError:
        return 0


def _postgres_programs() -> Path:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = places[-1] if places else shutil.which("initdb")
    if found is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    return Path(found).parent


@contextlib.contextmanager
def postgres(password: str) -> Iterator[int]:
    """A fresh PostgreSQL with user and database `mlflow`, as the container makes it; its port."""
    programs, port = _postgres_programs(), free_port()
    # Not pytest's tmp_path: PostgreSQL refuses to run as root, and another user cannot enter that.
    folder = Path(tempfile.mkdtemp(prefix="sweeper-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = ["runuser", "-u", "postgres", "--"]
    try:
        secret = folder / "password"
        secret.write_text(password)
        secret.chmod(0o644)
        data = str(folder / "data")
        init = [str(programs / "initdb"), "-D", data, "--username=mlflow", f"--pwfile={secret}"]
        quiet = {"stdout": subprocess.DEVNULL, "cwd": "/", "check": True}
        subprocess.run(
            [*as_user, *init, "--auth-host=scram-sha-256", "--auth-local=trust"], **quiet
        )
        server = [str(programs / "postgres"), "-D", data, "-p", str(port), "-k", str(folder)]
        probe = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        ready = lambda: subprocess.run(probe).returncode == 0  # noqa: E731
        log = folder / "log"
        env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        with running([*as_user, *server, "-h", "127.0.0.1"], env, ready, log):
            create = [str(programs / "createdb"), "-h", str(folder), "-p", str(port)]
            subprocess.run([*create, "-U", "mlflow", "mlflow"], **quiet)
            yield port
    finally:
        shutil.rmtree(folder, ignore_errors=True)
