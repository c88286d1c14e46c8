"""One attempt at a training, in the process that trains: opened, advanced, saved, closed.

Every engine runs its trainings through this, so that each gives the same records and events."""

import contextlib
import logging
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sweeper.engine.jobs import EventKind
from sweeper.errors import EngineError
from trainers.errors import DataError, OwnCodeError, RecordError, TrainerError
from trainers.saving.records import find_records, read_milestone

log = logging.getLogger(__name__)

Status = Literal["opened", "recorded", "running", "finished", "diverged", "failed", "unusable"]


@dataclass(frozen=True)
class Result:
    """Where an attempt stands.

    status: 'opened' names the iteration from which the training continues.  'recorded' is a
    milestone whose record was there already.  'failed' ends a training that no retry can complete,
    'unusable' one that this machine cannot run (no data, no GPU, other code)."""

    status: Status
    iteration: int = 0
    losses: Mapping[str, float] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    records: Mapping[int, str] = field(default_factory=dict)
    reason: str = ""

    @property
    def event_kind(self) -> EventKind:
        """Of the event that reports this."""
        if self.status in ("opened", "recorded", "running"):
            return "progress"
        return "failed" if self.status == "unusable" else self.status  # type: ignore[return-value]

    @property
    def is_last(self) -> bool:
        return self.status in ("finished", "diverged", "failed", "unusable")


class TrainingAttempt:
    """Advances a training slice by slice.

    The first result says where the training continues. Then come milestones that are recorded
    already, in case the process that reached them ended before it could report them; then the
    progress of each slice, a milestone at once. An unforeseen error is raised; a retry may help."""

    def __init__(self, job: Mapping[str, Any]) -> None:
        """job: of `Job.to_dict`."""
        self._job = job
        self._training: Any = None
        self._unreported: list[Result] = []
        self._resources = contextlib.ExitStack()

    @property
    def iteration(self) -> int | None:
        """None while the training is not open."""
        return None if self._training is None else self._training.iteration

    def advance(self) -> Result:
        """The next result. After the last one the training is closed."""
        try:
            if self._training is None:
                self._training = self._resources.enter_context(open_training(self._job))
                self._unreported = list(recorded_milestones(self._job))
                return Result("opened", self._training.iteration)
            if self._unreported:
                return self._unreported.pop(0)
            progress = self._training.advance(self._job["report_s"])
        except (DataError, EngineError, OwnCodeError) as error:
            return self._failed("unusable", error)
        except TrainerError as error:
            return self._failed("failed", error)
        except BaseException:
            # In the middle of a step the state is of no iteration: it must not be saved.
            self.close()
            raise
        return Result(**vars(progress))

    def save_and_close(self) -> None:
        """Writes a checkpoint of an unfinished training, then closes it."""
        try:
            if self._training is not None and self._training.status == "running":
                self._training.save()
        finally:
            self.close()

    def close(self) -> None:
        """Frees the training and its folder; the next `advance` opens them again."""
        self._training = None
        try:
            self._resources.close()
        except OSError as error:  # of the last checkpoint's write
            log.warning("%s: %s", self._job["training_id"], error)

    def _failed(self, status: Status, error: Exception) -> Result:
        self.close()
        return Result(status, reason=str(error))


def recorded_milestones(job: Mapping[str, Any]) -> Iterator[Result]:
    """Results of the requested milestones that have a record."""
    from sweeper.store.folders import open_folder

    folder = open_folder(job["store"], job["training_id"])
    found = find_records(folder).milestones
    for iteration in sorted(set(job["config"]["milestones"]) & set(found)):
        try:
            scores = read_milestone(folder, found[iteration]).metrics
        except RecordError as error:  # the publisher finds out that it is damaged
            log.warning("%s", error)
            continue
        yield Result("recorded", iteration, scores=scores, records={iteration: found[iteration]})


@contextlib.contextmanager
def open_training(job: Mapping[str, Any]) -> Iterator[Any]:
    """The training of a job, its folder locked. Imports torch, which a driver of Ray never does."""
    import torch

    from sweeper.store.folders import lock_folder, open_folder
    from trainers.config import KeepRule
    from trainers.config_checks import parse_config
    from trainers.own_code.worker import use_sent
    from trainers.training import Training

    if job["gpu"] and not torch.cuda.is_available():
        raise EngineError(
            f"PyTorch {torch.__version__} finds no GPU on this machine, although one is counted: "
            "install a CUDA build of PyTorch, check that nvidia-smi shows the GPU, or train on "
            "CPUs (`resources: {gpu: 0}` in the grid)"
        )
    torch.set_num_threads(job["threads"])
    use_sent(job.get("own_code", ()), f"the worker on {socket.gethostname()}")
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
