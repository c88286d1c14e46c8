"""Checkpoints: the complete state of a training, so that a resumed one is bitwise the same.

A checkpoint is a torch file, read with `weights_only=True`. The newest two are kept: if the newest
is damaged, the one before it is used."""

import io
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import torch

from trainers.errors import RecordError
from trainers.saving.folders import Folder, files_by_number, read_digested, write_digested
from trainers.words import first_line

PREFIX = "checkpoint"
_KEPT = 2

log = logging.getLogger(__name__)

State = dict[str, Any]


def write_checkpoint(folder: Folder, iteration: int, state: State) -> str:
    """Writes the state at `iteration`, then removes older checkpoints. Returns the file's name.

    Keeps the newest two up to `iteration`, and the last one beyond it: a training that returns to
    an earlier iteration to score it keeps its latest state."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    with buffer.getbuffer() as data:
        name = write_digested(folder, f"{PREFIX}-{iteration:012d}", ".pt", data)
    names = files_by_number(folder, PREFIX)
    passed = [old for step, old in names.items() if step <= iteration]
    beyond = [old for step, old in names.items() if step > iteration]
    for old in passed[:-_KEPT] + beyond[:-1]:
        folder.delete(old)
    return name


def load_newest(folder: Folder, identity: str, *, at_most: int | None = None) -> State | None:
    """The newest intact checkpoint of the training with this identity, or None.

    A damaged one is logged and removed, and the one before it is tried.  at_most: ignores later
    iterations.  Raises RecordError if an intact checkpoint belongs to another training."""
    for iteration, name in reversed(files_by_number(folder, PREFIX).items()):
        if at_most is not None and iteration > at_most:
            continue
        state = load_checkpoint(folder, name)
        if state is None:
            folder.delete(name)
            continue
        if state["identity"] != identity:
            raise RecordError(
                f"{folder!r}: {name} belongs to another training; move the folder, or name "
                "another store"
            )
        return state
    return None


def load_checkpoint(folder: Folder, name: str) -> State | None:
    """The state in the checkpoint `name`; None, with a warning in the log, if it is damaged."""
    try:
        data = read_digested(folder, name)
    except RecordError as error:
        log.warning("skipping a checkpoint: %s", error)
        return None
    try:
        state: State = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        if isinstance(state, dict) and {"identity", "iteration"} <= state.keys():
            return state
    except Exception as error:  # torch raises many types for damaged files
        log.warning("skipping a checkpoint: %s", first_line(error))
        return None
    log.warning("skipping a checkpoint: %r: %s is no checkpoint", folder, name)
    return None


class CheckpointWriter:
    """Writes checkpoints on a thread, so that training does not wait for the disk."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpoint")
        self._pending: Future[str] | None = None

    @property
    def busy(self) -> bool:
        return self._pending is not None and not self._pending.done()

    def submit(self, iteration: int, state: State) -> None:
        """Starts writing `state`, which must not change. Raises the errors of the last write."""
        self.wait()
        self._pending = self._pool.submit(write_checkpoint, self._folder, iteration, state)

    def wait(self) -> None:
        """Returns when the last write is on disk. Raises its errors."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def close(self) -> None:
        try:
            self.wait()
        finally:
            self._pool.shutdown()
