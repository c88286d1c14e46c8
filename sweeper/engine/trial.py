"""One training as one Ray Tune trial, in an actor that serves many trials one after the other."""

import json
import logging
import os
import socket
import time
from typing import Any

from ray import tune

from trainers.errors import TrainerError

log = logging.getLogger(__name__)


class TrainingTrial(tune.Trainable):
    """Advances a training slice by slice.

    `config` is {'job': Job as a dict}. Progress goes back as the result of each step; a milestone
    goes back at once. What a retry cannot mend (wrong data, wrong configuration) ends the trial
    as failed; anything else is raised, and Tune tries again from the newest checkpoint."""

    def setup(self, config: dict[str, Any]) -> None:
        self._training: Any = None
        self._failure = ""
        self._job = config["job"]

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self._leave()
        self._failure = ""
        self._job = new_config["job"]
        return True

    def step(self) -> dict[str, Any]:
        started = time.monotonic()
        try:
            if self._training is None:
                self._training = _open(self._job)
            progress = self._training.advance(self._job["report_s"])
        except TrainerError as error:
            return self._result({"status": "failed", "reason": str(error), "done": True})
        done = progress.status != "running"
        return self._result(
            {
                "status": progress.status,
                "iteration": progress.iteration,
                "losses": json.dumps(dict(progress.losses)),
                "scores": json.dumps(dict(progress.scores)),
                "records": json.dumps(dict(progress.records)),
                "reason": progress.reason,
                "seconds": time.monotonic() - started,
                "done": done,
            }
        )

    def _result(self, values: dict[str, Any]) -> dict[str, Any]:
        return {
            "training_id": self._job["training_id"],
            "host": socket.gethostname(),
            "pid": os.getpid(),
            **values,
        }

    def cleanup(self) -> None:
        self._leave()

    def _leave(self) -> None:
        """Saves an unfinished training, so that the next launch goes on from here."""
        training, self._training = self._training, None
        if training is None:
            return
        try:
            if training.status == "running":
                training.save()
        finally:
            training.close()


def _open(job: dict[str, Any]) -> Any:
    """The training of a job. Imports torch here: the driver never does."""
    if not job["gpu"]:
        # Ray leaves every GPU visible to a task that asked for none.
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    import torch

    from sweeper.stores import open_folder
    from trainers.config import TrainingConfig
    from trainers.training import Training

    torch.set_num_threads(job["threads"])
    return Training(
        TrainingConfig.from_dict(job["config"]),
        open_folder(job["store"], job["training_id"]),
        device="cuda" if job["gpu"] else "cpu",
        checkpoint_s=job["checkpoint_s"],
        keep_weights=job["keep_weights"],
        keep_all=job["keep_all"],
    )
