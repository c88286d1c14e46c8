"""Starts a Ray on this machine, or joins one that runs."""

import contextlib
import gc
import logging
import os
import re
import secrets
import signal
import socket
from collections.abc import Iterator
from typing import Any

from sweeper.engine.on_ray.code_check import code_here
from sweeper.errors import EngineError

_MULTI_NODE = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
_REMEDIES = {
    "AF_UNIX path length": "Its sockets lie in the folder for temporary files, whose path is too "
    "long: set a shorter one, as in RAY_TMPDIR=/tmp",
    "The current node timed out": "The machine is too busy, or a firewall or proxy is between its "
    "own processes: wait until it is less busy, unset http_proxy, and run the same command again",
    "No space left on device": "Free space where temporary files are, or set RAY_TMPDIR",
}
_OTHER_SYSTEM_ERROR = "Ray needs a folder that it can write: set one, as in RAY_TMPDIR=/tmp"
# Ray starts a worker for each CPU ahead, with an environment in which no trial of Tune runs.
_NO_SPARE_WORKERS = {"prestart_worker_first_driver": False}
_CONNECT_TIMEOUT_S = 10.0
_started_here = False
_session_folder: str | None = None
_abandoned = False
_TOKEN = secrets.token_hex(32)  # one per process: Ray reads it once
_ENVIRONMENT = {
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_RESULT_BUFFER_LENGTH": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS": "0",
}
# Where warnings are errors, Ray's own processes do not start; Tune refuses to run where the others
# are set, which older versions read.
_REMOVED = ("PYTHONWARNINGS", "TUNE_RESULT_DIR", "RAY_AIR_LOCAL_CACHE_DIR")


@contextlib.contextmanager
def ray_session(
    address: str | None, *, cpus: int | None = None, gpus: int | None = None
) -> Iterator[None]:
    """A connected Ray, disconnected at the end; one that was started here is shut down. Inside
    another session it is that one: to disconnect and connect again would, in a submitted job, let
    Ray remove the job's folder in between.

    Raises EngineError when Ray cannot be started, or the cluster at `address` not reached."""
    configure_ray()
    if address is None:
        _set_token()
    else:
        _check_reachable(address)
    with _loopback_only() if address is None else contextlib.nullcontext():
        yield from _connected(address, cpus, gpus)


@contextlib.contextmanager
def _signals_to_all_blocked() -> Iterator[None]:
    """Processes started inside never get SIGHUP, which a terminal that is closed sends to all, nor
    SIGTERM where Slurm sends it to all processes of a job: workers have to save first. This process
    handles one that arrives meanwhile afterwards."""
    blocked = {signal.SIGHUP} | ({signal.SIGTERM} if "SLURM_JOB_ID" in os.environ else set())
    before = signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _connected(address: str | None, cpus: int | None, gpus: int | None) -> Iterator[None]:
    global _started_here, _session_folder
    import ray

    if ray.is_initialized():
        yield
        return
    _read_token_again()
    try:
        if address is None:
            with _signals_to_all_blocked(), _fewer_processes():
                started = ray.init(
                    address="local",
                    num_cpus=cpus,
                    num_gpus=gpus,
                    include_dashboard=False,
                    log_to_driver=False,
                    logging_level=logging.CRITICAL,
                    _node_ip_address="127.0.0.1",
                    job_config=_own_code_first(),
                    _system_config=_NO_SPARE_WORKERS,
                )
            _session_folder = started.address_info["session_dir"]
        else:
            ray.init(
                address=address,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
                job_config=None if address.startswith("ray://") else _own_code_first(),
            )
    except Exception as error:  # Ray raises bare ones too
        where = "a local Ray" if address is None else f"the Ray cluster at {address}"
        raise EngineError(f"{where} cannot be used: {_reason(error)}") from error
    _started_here = address is None
    try:
        yield
    finally:
        _started_here, _session_folder = False, None
        if not _abandoned:
            gc.collect()  # Ray objects must be released before the shutdown, not during it
            ray.shutdown()


def _reason(error: Exception) -> str:
    """Ray's message in one line, with a remedy where one is known."""
    reason = " ".join(str(error).split())[:400] or type(error).__name__
    for known, remedy in _REMEDIES.items():
        if known in reason:
            return f"{reason}. {remedy}"
    return f"{reason}. {_OTHER_SYSTEM_ERROR}" if isinstance(error, OSError) else reason


def _own_code_first() -> Any:
    """Workers search the folder of this process's packages first. Ray by default puts the working
    folder first, whatever it holds. A submitted job brings its own folder."""
    from ray._private.runtime_env.constants import RAY_JOB_CONFIG_JSON_ENV_VAR
    from ray.job_config import JobConfig

    if RAY_JOB_CONFIG_JSON_ENV_VAR in os.environ:
        return None

    class OwnCodeFirst(JobConfig):
        def _runtime_env_has_working_dir(self) -> bool:
            return True  # so that Ray adds neither the working folder nor the script's

    return OwnCodeFirst(_py_driver_sys_path=[code_here().root])


@contextlib.contextmanager
def _fewer_processes() -> Iterator[None]:
    """A Ray started inside has no autoscaler, collector of logs or dashboard, and its agent is
    that of an installation without the dashboard's libraries. Nothing here uses them; they take
    most of the time that Ray needs to start."""
    from ray._private import node, parameter, utils

    class FewerProcesses(parameter.RayParams):
        def __init__(self, **given: Any) -> None:
            super().__init__(no_monitor=True, include_log_monitor=False, **given)

    replaced: list[tuple[Any, str, Any]] = [
        (parameter, "RayParams", FewerProcesses),
        (node.Node, "start_api_server", lambda self, **given: None),
        (utils, "get_dashboard_dependency_error", lambda: ImportError("not used")),
    ]
    before = [(place, name, getattr(place, name)) for place, name, _ in replaced]
    try:
        for place, name, value in replaced:
            setattr(place, name, value)
        yield
    finally:
        for place, name, value in before:
            setattr(place, name, value)


@contextlib.contextmanager
def _loopback_only() -> Iterator[None]:
    """A Ray started inside listens on 127.0.0.1 only.

    Ray replaces 127.0.0.1 by the machine's public address unless multi-node is switched off. It
    reads that switch when it is imported, which a notebook may have done before."""
    before = os.environ.get(_MULTI_NODE)
    os.environ[_MULTI_NODE] = "0"
    from ray._private import ray_constants

    switch = ray_constants.ENABLE_RAY_CLUSTER
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = switch
        os.environ.pop(_MULTI_NODE)
        if before is not None:
            os.environ[_MULTI_NODE] = before


def _check_reachable(address: str) -> None:
    """Fails fast: Ray would retry for minutes. Raises EngineError."""
    found = re.fullmatch(r"(?P<host>[^:/@]+):(?P<port>\d{1,5})", address)
    if found is None:
        if address in ("auto", "local") or address.startswith("ray://"):
            return
        raise EngineError(f"--address {address}: write HOST:PORT of the cluster's head, or auto")
    try:
        socket.create_connection((found["host"], int(found["port"])), _CONNECT_TIMEOUT_S).close()
    except (OSError, OverflowError) as error:
        raise EngineError(
            f"the Ray cluster at {address} cannot be reached: {error}. Is it the head's address, "
            "and is its port open from here?"
        ) from error


def load_ray() -> None:
    """Imports Ray. What it imports later, to start, MLflow does not: two threads that import the
    same library at once may each see a part of it."""
    configure_ray()
    import ray  # noqa: F401


def configure_ray() -> None:
    """Settings of Ray that must be made before it is imported. Ray's own logs are off: the events
    of `run_jobs` report a failure in one line, not in forty."""
    os.environ.update(_ENVIRONMENT)
    for name in _REMOVED:
        os.environ.pop(name, None)
    logging.getLogger("ray").setLevel(logging.CRITICAL)


def _set_token() -> None:
    """A Ray started here accepts only requests with a random token known to its own processes.

    Without one Ray would write a token into the home folder, which may not be writable."""
    mode = os.environ.setdefault("RAY_AUTH_MODE", "token")
    if mode == "token" and not {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & set(os.environ):
        os.environ["RAY_AUTH_TOKEN"] = _TOKEN


def _read_token_again() -> None:
    """Ray reads the mode and the token when it is imported, perhaps before they were set."""
    from ray._raylet import AuthenticationTokenLoader, Config  # type: ignore[attr-defined]

    Config.initialize("")
    AuthenticationTokenLoader.instance().reset_cache()


def abandon_ray() -> None:
    """Ray is blocked, waiting for a lost head: it must not even be shut down."""
    global _abandoned
    _abandoned = True


def is_ray_abandoned() -> bool:
    """Whether this process must end without Python's own clean-up, which would call Ray."""
    return _abandoned


def started_here() -> bool:
    """Whether the connected Ray was started by this process."""
    return _started_here


def session_folder() -> str | None:
    """The temporary folder of the connected Ray, if this process started it; Ray leaves it."""
    return _session_folder


def total_gpus() -> float:
    """GPUs of the connected Ray, in all."""
    import ray

    return float(ray.cluster_resources().get("GPU", 0.0))
