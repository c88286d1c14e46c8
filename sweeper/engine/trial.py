"""One attempt at a training as a Ray Tune trial, in an actor that serves many, one by one."""

import contextlib
import json
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import ray
from ray import tune

from sweeper.engine.draining import DrainWatcher
from sweeper.errors import EngineError
from trainers.errors import DataError, RecordError, TrainerError
from trainers.saving.records import find_records, read_milestone

log = logging.getLogger(__name__)

_IDLE_TIMEOUT_S = 20.0  # of a driver that may be cut off; what is freed for nothing is opened again


class TrainingTrial(tune.Trainable):
    """Advances a training slice by slice.

    `config` is {'job': Job as a dict, 'joined': whether the node is one of a cluster}. The first
    result tells on which node this is, before anything can go wrong there, the second where the
    training goes on; then come milestones that are recorded, in case the worker that reached them
    could not tell; then each step's progress goes back as a result, a milestone at once. What a
    retry cannot mend (a wrong configuration, a foreign store) ends the trial as failed, and what
    this machine lacks (its data, a GPU) as unusable; on a node that is about to go the training is
    saved, and ends as leaving. Anything else is raised, which costs the worker its life, so that
    the next attempt begins in a clean process.

    A node of a cluster may also be cut off from it, and the training go on elsewhere: one that is
    not asked to go on for a while is saved and its folder freed. It is opened again when it is."""

    def setup(self, config: dict[str, Any]) -> None:
        # A terminal sends Ctrl-C to every process of a launch; only the driver answers it.
        with contextlib.suppress(ValueError):
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._training: Any = None
        self._unreported: list[dict[str, Any]] = []
        self._resources = contextlib.ExitStack()
        self._node_reported = False
        self._job = config["job"]
        self._lock = threading.Lock()
        self._drain_watcher: DrainWatcher | None = None
        if config["joined"]:
            self._drain_watcher = DrainWatcher()
            threading.Thread(target=self._save_when_idle, name="watch", daemon=True).start()

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        with self._lock:
            self._save_and_close()
        self._node_reported = False
        self._job = new_config["job"]
        return True

    def step(self) -> dict[str, Any]:
        with self._lock:
            try:
                return self._step()
            finally:
                self._last_step_time = time.monotonic()

    def _save_when_idle(self) -> None:
        while True:
            time.sleep(_IDLE_TIMEOUT_S / 10)
            with self._lock, contextlib.suppress(OSError):  # a full disk: the lock is free even so
                if (
                    self._training is not None
                    and time.monotonic() - self._last_step_time > _IDLE_TIMEOUT_S
                ):
                    log.warning("%s: not asked to go on; saved", self._job["training_id"])
                    self._save_and_close()

    def _step(self) -> dict[str, Any]:
        if self._drain_watcher is not None and self._drain_watcher.draining.is_set():
            begun = {} if self._training is None else {"iteration": self._training.iteration}
            self._save_and_close()
            return self._result(status="leaving", done=True, **begun)
        if not self._node_reported:
            self._node_reported = True
            return self._result(status="arrived")
        try:
            if self._training is None:
                self._training = self._resources.enter_context(_training(self._job))
                self._unreported = _recorded_milestones(self._job)
                return self._result(status="opened", iteration=self._training.iteration)
            if self._unreported:
                return self._result(status="recorded", **self._unreported.pop(0))
            progress = self._training.advance(self._job["report_s"])
        except (DataError, EngineError) as error:
            return self._failed("unusable", error)
        except TrainerError as error:
            return self._failed("failed", error)
        except BaseException:
            # In the middle of a step the state is of no iteration: it must not be saved.
            self._close()
            raise
        return self._result(
            status=progress.status,
            iteration=progress.iteration,
            losses=json.dumps(dict(progress.losses)),
            scores=json.dumps(dict(progress.scores)),
            records=json.dumps(dict(progress.records)),
            reason=progress.reason,
            done=progress.status != "running",
        )

    def _failed(self, status: str, error: Exception) -> dict[str, Any]:
        self._close()
        return self._result(status=status, reason=str(error), done=True)

    def _result(self, **values: Any) -> dict[str, Any]:
        return {
            "training_id": self._job["training_id"],
            "host": socket.gethostname(),
            "node_id": ray.get_runtime_context().get_node_id(),
            "pid": os.getpid(),
            **values,
        }

    def cleanup(self) -> None:
        with self._lock:
            self._save_and_close()

    def _save_and_close(self) -> None:
        """Saves an unfinished training, so that the next launch goes on from here."""
        try:
            if self._training is not None and self._training.status == "running":
                self._training.save()
        finally:
            self._close()

    def _close(self) -> None:
        self._training = None
        try:
            self._resources.close()
        except OSError as error:  # of the last checkpoint's write
            log.warning("%s: %s", self._job["training_id"], error)


def _recorded_milestones(job: dict[str, Any]) -> list[dict[str, Any]]:
    """Results of the milestones asked for that have a record."""
    from sweeper.store.folders import open_folder

    folder = open_folder(job["store"], job["training_id"])
    found = find_records(folder).milestones
    results = []
    for iteration in sorted(set(job["config"]["milestones"]) & set(found)):
        try:
            scores = read_milestone(folder, found[iteration]).metrics
        except RecordError as error:  # whoever publishes it sees that it is damaged
            log.warning("%s", error)
            continue
        records = json.dumps({iteration: found[iteration]})
        scored = json.dumps(dict(scores))
        results.append({"iteration": iteration, "records": records, "scores": scored})
    return results


@contextlib.contextmanager
def _training(job: dict[str, Any]) -> Iterator[Any]:
    """The training of a job, its folder held. Imports torch here: the driver never does."""
    if not job["gpu"]:
        # Ray leaves every GPU visible to a task that asked for none.
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    import torch

    from sweeper.store.folders import lock_folder, open_folder
    from trainers.config import KeepRule
    from trainers.config_checks import parse_config
    from trainers.training import Training

    if job["gpu"] and not torch.cuda.is_available():
        raise EngineError(
            f"PyTorch {torch.__version__} finds no GPU on this machine, which Ray says has one: "
            "install a CUDA build of PyTorch there, see whether nvidia-smi shows the GPU, or "
            "train on CPUs (`resources: {gpu: 0}` in the grid)"
        )
    torch.set_num_threads(job["threads"])
    with lock_folder(job["store"], job["training_id"]):
        training = Training(
            parse_config(job["config"]),
            open_folder(job["store"], job["training_id"]),
            device="cuda" if job["gpu"] else "cpu",
            checkpoint_s=job["checkpoint_s"],
            keep_weights=KeepRule(**job["keep_weights"]) if job["keep_weights"] else None,
            keep_all=job["keep_all"],
        )
        with contextlib.closing(training):
            yield training
