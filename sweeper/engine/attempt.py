"""One attempt at a job, in the process that trains: opened, advanced, saved, closed.

Every engine runs its trainings through this, so that each gives the same records and events."""

import contextlib
import logging
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sweeper.engine.jobs import EventKind, members_of
from sweeper.errors import EngineError
from trainers.errors import DataError, OwnCodeError, RecordError, TrainerError
from trainers.saving.records import find_records, read_milestone

log = logging.getLogger(__name__)

Status = Literal["opened", "recorded", "running", "finished", "diverged", "failed", "unusable"]


@dataclass(frozen=True)
class Result:
    """Where a training of an attempt stands.

    status: 'opened' names the iteration from which the training continues.  'recorded' is a
    milestone whose record was there already.  'failed' ends a training that no retry can complete;
    'unusable' ends the attempt at a job that this machine cannot run (no data, no GPU, other code).
    fused: how many trainings the program advances.  more: whether results of the other trainings
    follow, up to the same step.  is_last: whether the attempt has ended."""

    training_id: str
    status: Status
    iteration: int = 0
    losses: Mapping[str, float] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    records: Mapping[int, str] = field(default_factory=dict)
    reason: str = ""
    fused: int = 1
    more: bool = False
    is_last: bool = False

    @property
    def event_kind(self) -> EventKind:
        """Of the event that reports this."""
        if self.status in ("opened", "recorded", "running"):
            return "progress"
        return "failed" if self.status == "unusable" else self.status  # type: ignore[return-value]


class Attempt:
    """Advances the training of a job, or its fused trainings, slice by slice.

    The first result of each says where it continues. Then come milestones that are recorded
    already, in case the process that reached them ended before it could report them; then the
    progress of each slice, a milestone at once. An unforeseen error is raised; a retry may help."""

    def __init__(self, job: Mapping[str, Any]) -> None:
        """job: of `Job.to_dict`."""
        self._job = job
        self._ids = [name for name, _ in members_of(job)]
        self._active = list(self._ids)  # not reported as ended
        self._trainings: Any = None
        self._unreported: list[Result] = []
        self._resources = contextlib.ExitStack()

    @property
    def iteration(self) -> int | None:
        """None while nothing is open."""
        return None if self._trainings is None else self._trainings.iteration

    def advance(self) -> Result:
        """The next result. After the last one the trainings are closed."""
        if not self._unreported:
            self._unreported = self._next_results()
        return self._unreported.pop(0)

    def _next_results(self) -> list[Result]:
        try:
            if self._trainings is None:
                self._trainings = self._resources.enter_context(open_job(self._job))
                return self._opened()
            return self._advanced()
        except (DataError, EngineError, OwnCodeError) as error:
            self.close()
            return [Result(self._ids[0], "unusable", reason=str(error), is_last=True)]
        except TrainerError as error:
            self.close()
            return _batch(
                [Result(name, "failed", reason=str(error)) for name in self._active], is_last=True
            )
        except BaseException:
            # In the middle of a step the state is of no iteration: it must not be saved.
            self.close()
            raise

    def _opened(self) -> list[Result]:
        start = self._trainings.iteration
        found = [Result(name, "opened", start) for name in self._ids]
        found += recorded_milestones(self._job)
        return found if len(self._ids) == 1 else _batch(found)

    def _advanced(self) -> list[Result]:
        from trainers.fused import advance

        progress = dict(
            zip(self._ids, advance(self._trainings, self._job["report_s"]), strict=True)
        )
        found = [
            Result(name, fused=len(self._active), **vars(progress[name])) for name in self._active
        ]
        self._active = [name for name in self._active if progress[name].status == "running"]
        return _batch(found, is_last=not self._active)

    def save_and_close(self) -> None:
        """Writes a checkpoint of what is unfinished, then closes it."""
        try:
            if self._trainings is not None and self._trainings.status == "running":
                self._trainings.save()
        finally:
            self.close()

    def close(self) -> None:
        """Frees the trainings and their folders; the next `advance` opens them again."""
        self._trainings = None
        try:
            self._resources.close()
        except OSError as error:  # of the last checkpoint's write
            log.warning("%s: %s", self._job["training_id"], error)


def _batch(results: list[Result], *, is_last: bool = False) -> list[Result]:
    """Results up to the same step, of which all but the last announce more."""
    return [
        *(replace(one, more=True) for one in results[:-1]),
        replace(results[-1], is_last=is_last),
    ]


def recorded_milestones(job: Mapping[str, Any]) -> Iterator[Result]:
    """Results of the requested milestones that have a record."""
    from sweeper.store.folders import open_folder

    for name, config in members_of(job):
        folder = open_folder(job["store"], name)
        found = find_records(folder).milestones
        for iteration in sorted(set(config["milestones"]) & set(found)):
            try:
                scores = read_milestone(folder, found[iteration]).metrics
            except RecordError as error:  # the publisher finds out that it is damaged
                log.warning("%s", error)
                continue
            records = {iteration: found[iteration]}
            yield Result(name, "recorded", iteration, scores=scores, records=records)


@contextlib.contextmanager
def open_job(job: Mapping[str, Any]) -> Iterator[Any]:
    """The training of a job, or its fused trainings, their folders locked. Imports torch, which a
    driver of Ray never does."""
    import torch

    from sweeper.store.folders import lock_folder, open_folder
    from trainers.config import KeepRule
    from trainers.config_checks import parse_config
    from trainers.fused import open_trainings
    from trainers.own_code.worker import use_sent

    if job["gpu"] and not torch.cuda.is_available():
        raise EngineError(
            f"PyTorch {torch.__version__} finds no GPU on this machine, although one is counted: "
            "install a CUDA build of PyTorch, check that nvidia-smi shows the GPU, or train on "
            "CPUs (`resources: {gpu: 0}` in the grid)"
        )
    torch.set_num_threads(job["threads"])
    use_sent(job.get("own_code", ()), f"the worker on {socket.gethostname()}")
    members = members_of(job)
    with contextlib.ExitStack() as locks:
        for name, _ in members:
            locks.enter_context(lock_folder(job["store"], name))
        trainings = open_trainings(
            [parse_config(config) for _, config in members],
            [open_folder(job["store"], name) for name, _ in members],
            device="cuda" if job["gpu"] else "cpu",
            checkpoint_s=job["checkpoint_s"],
            keep_weights=KeepRule(**job["keep_weights"]) if job["keep_weights"] else None,
            keep_all=job["keep_all"],
        )
        with contextlib.closing(trainings):
            yield trainings
