"""One attempt at a job as a Ray Tune trial, in an actor that serves many, one by one."""

import contextlib
import functools
import gc
import json
import logging
import os
import signal
import socket
import threading
import time
from typing import Any

import ray
from ray import tune

from sweeper.engine.attempt import Attempt, Result
from sweeper.engine.on_ray.code_check import difference
from sweeper.engine.on_ray.draining import DrainWatcher

log = logging.getLogger(__name__)

# Without a request from the driver for so long, it may be cut off: the training is saved and its
# folder released. Releasing it needlessly only costs opening it again.
_IDLE_TIMEOUT_S = 20.0


class TrainingTrial(tune.Trainable):
    """Reports the results of a `Attempt` to Tune.

    `config` is {'job': Job.to_dict(), 'code': Code.to_dict() of the driver, 'joined': whether the
    node is one of a cluster}. The first result, 'arrived', names the node before anything can go
    wrong there. A worker with other code than the driver's trains nothing. On a node that is
    draining the training is saved and ends as 'leaving'. An unforeseen error is raised, which ends
    the worker, so that the retry starts in a new process.

    A node of a cluster may also be cut off, and the training continue on another: one that is not
    asked to continue for a while is saved and its folder released. It is opened again on request.
    """

    def setup(self, config: dict[str, Any]) -> None:
        _ignore_signals()
        self._lock = threading.Lock()
        self._drain_watcher: DrainWatcher | None = None
        self._code_difference = difference(config["code"], f"the worker on {socket.gethostname()}")
        self._begin(config["job"])
        if config["joined"]:
            self._drain_watcher = DrainWatcher()
            threading.Thread(target=self._save_when_idle, name="watch", daemon=True).start()

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        with self._lock:
            self._attempt.save_and_close()
            self._begin(new_config["job"])
        return True

    def step(self) -> dict[str, Any]:
        with self._lock:
            try:
                return self._step()
            finally:
                self._last_step_time = time.monotonic()

    def cleanup(self) -> None:
        with self._lock:
            self._attempt.save_and_close()

    def _begin(self, job: dict[str, Any]) -> None:
        if not job["gpu"]:
            # Ray leaves every GPU visible to a task that asked for none.
            os.environ["CUDA_VISIBLE_DEVICES"] = ""
        self._job = job
        self._attempt = Attempt(job)
        self._node_reported = False
        self._last_step_time = time.monotonic()

    def _save_when_idle(self) -> None:
        while True:
            time.sleep(_IDLE_TIMEOUT_S / 10)
            with self._lock, contextlib.suppress(OSError):  # a full disk: the lock is free even so
                idle_s = time.monotonic() - self._last_step_time
                if self._attempt.iteration is not None and idle_s > _IDLE_TIMEOUT_S:
                    log.warning("%s: not asked to continue; saved", self._job["training_id"])
                    self._attempt.save_and_close()

    def _step(self) -> dict[str, Any]:
        if self._drain_watcher is not None and self._drain_watcher.draining.is_set():
            iteration = self._attempt.iteration
            self._attempt.save_and_close()
            begun = {} if iteration is None else {"iteration": iteration}
            return self._report(status="leaving", done=True, **begun)
        if not self._node_reported:
            self._node_reported = True
            return self._report(status="arrived")
        if self._code_difference:
            return self._report(status="unusable", reason=self._code_difference, done=True)
        _load_trainer()
        return self._report(**_as_plain(self._attempt.advance()))

    def _report(self, **values: Any) -> dict[str, Any]:
        return {
            "job_id": self._job["training_id"],
            "training_id": self._job["training_id"],
            "host": socket.gethostname(),
            "node_id": ray.get_runtime_context().get_node_id(),
            "pid": os.getpid(),
            **values,
        }


@functools.cache
def _load_trainer() -> None:
    """Imports the trainer. What was imported is never garbage, so it is left out of the searches
    for garbage that Ray asks workers for again and again."""
    gc.disable()
    try:
        import trainers.training  # noqa: F401
    finally:
        gc.freeze()
        gc.enable()


def _as_plain(result: Result) -> dict[str, Any]:
    """Tune flattens mappings, so they travel as JSON."""
    return {
        "training_id": result.training_id,
        "status": result.status,
        "iteration": result.iteration,
        "losses": json.dumps(dict(result.losses)),
        "scores": json.dumps(dict(result.scores)),
        "records": json.dumps(dict(result.records)),
        "reason": result.reason,
        "fused": result.fused,
        "more": result.more,
        "done": result.is_last,
    }


def _ignore_signals() -> None:
    """A terminal sends Ctrl-C and its own end to every process of a launch; the driver alone
    handles them."""
    for number in (signal.SIGINT, signal.SIGHUP):
        with contextlib.suppress(ValueError):  # in another thread than the main one
            signal.signal(number, signal.SIG_IGN)
