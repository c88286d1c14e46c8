"""Starting a Ray of our own on this machine, or joining one that runs."""

import contextlib
import gc
import logging
import os
import re
import secrets
import socket
from collections.abc import Iterator

from sweeper.errors import EngineError

# Read by Ray when it is imported or started.
_MULTI_NODE = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
_CONNECT_TIMEOUT_S = 10.0
_started_here = False
_left_behind = False
_TOKEN = secrets.token_hex(32)  # one a process: Ray reads it once
_ENVIRONMENT = {
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_RESULT_BUFFER_LENGTH": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS": "0",
}


@contextlib.contextmanager
def ray_session(
    address: str | None, *, cpus: int | None = None, gpus: int | None = None
) -> Iterator[None]:
    """A connected Ray, shut down at the end (one that was joined goes on without us). Inside
    another session it is that one: leaving Ray and coming back would, in a submitted job, let Ray
    remove the job's folder in between.

    Raises EngineError when the cluster at `address` cannot be reached."""
    configure_ray()
    if address is None:
        _set_token()
    else:
        _check_reachable(address)
    with _loopback_only() if address is None else contextlib.nullcontext():
        yield from _connected(address, cpus, gpus)


def _connected(address: str | None, cpus: int | None, gpus: int | None) -> Iterator[None]:
    global _started_here
    import ray

    if ray.is_initialized():
        yield
        return
    try:
        if address is None:
            ray.init(
                address="local",
                num_cpus=cpus,
                num_gpus=gpus,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
                _node_ip_address="127.0.0.1",
            )
        else:
            ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        where = "a local Ray" if address is None else f"the Ray cluster at {address}"
        reason = " ".join(str(error).split())[:400] or type(error).__name__
        raise EngineError(f"{where} cannot be used: {reason}") from error
    _started_here = address is None
    try:
        yield
    finally:
        _started_here = False
        if not _left_behind:
            gc.collect()  # what refers to Ray goes before it, and not in another thread after it
            ray.shutdown()


@contextlib.contextmanager
def _loopback_only() -> Iterator[None]:
    """Every listener of a Ray started inside on 127.0.0.1, and as before afterwards.

    Ray turns 127.0.0.1 into the machine's outward address unless multi-node is switched off, and
    reads that switch when it is imported, which a notebook may have done long ago."""
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
    """Ray itself tries for minutes before it tells that nobody is there."""
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


def configure_ray() -> None:
    """Settings of Ray that must stand before it is imported.

    What fails is told by the events of `run_jobs`, in one line and not in forty."""
    os.environ.update(_ENVIRONMENT)
    logging.getLogger("ray").setLevel(logging.CRITICAL)


def _set_token() -> None:
    """A Ray of our own takes orders from its owner alone: a token that only its processes know.

    Without one Ray would write a token into the home folder, which need not be writable."""
    mode = os.environ.setdefault("RAY_AUTH_MODE", "token")
    if mode == "token" and not {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & set(os.environ):
        os.environ["RAY_AUTH_TOKEN"] = _TOKEN


def abandon_ray() -> None:
    """Says that Ray is in use still, or waits for a head that is gone: it is not even shut down."""
    global _left_behind
    _left_behind = True


def is_ray_abandoned() -> bool:
    """Whether this process must end without Python's own clean-up, in which Ray would take part."""
    return _left_behind


def started_here() -> bool:
    """Whether the connected Ray is one of our own."""
    return _started_here


def total_gpus() -> float:
    """GPUs of the connected cluster, in all."""
    import ray

    return float(ray.cluster_resources().get("GPU", 0.0))
