"""Checkpoints: the whole state of a training, so that going on equals never having stopped.

A checkpoint is a torch file read with `weights_only=True`. The newest two are kept: where the
newest is damaged, the one before it serves."""

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
    """Writes the state at `iteration`, then removes older checkpoints.

    Kept are the newest two up to `iteration`, and the last one beyond it: a training that goes
    back to score an iteration it had passed does not lose the end it had reached."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    name = write_digested(folder, f"{PREFIX}-{iteration:012d}", ".pt", buffer.getbuffer())
    names = files_by_number(folder, PREFIX)
    passed = [old for step, old in names.items() if step <= iteration]
    beyond = [old for step, old in names.items() if step > iteration]
    for old in passed[:-_KEPT] + beyond[:-1]:
        folder.delete(old)
    return name


def load_newest(folder: Folder, identity: str, *, at_most: int | None = None) -> State | None:
    """The newest good checkpoint of the training called `identity`, or None.

    A damaged one is reported in the log, removed, and the one before it is tried. `at_most`
    leaves out later iterations. Raises RecordError when a good checkpoint belongs to another
    training: the folder is not this training's."""
    for iteration, name in reversed(files_by_number(folder, PREFIX).items()):
        if at_most is not None and iteration > at_most:
            continue
        state = _load(folder, name)
        if state is None:
            folder.delete(name)
            continue
        if state["identity"] != identity:
            raise RecordError(
                f"{folder!r}: {name} belongs to another training; move the folder away, or name "
                "another store"
            )
        return state
    return None


def _load(folder: Folder, name: str) -> State | None:
    try:
        data = read_digested(folder, name)
    except RecordError as error:
        log.warning("skipping a checkpoint: %s", error)
        return None
    try:
        state: State = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        if isinstance(state, dict) and {"identity", "iteration"} <= state.keys():
            return state
    except Exception as error:  # torch fails in as many ways as there are bytes
        log.warning("skipping a checkpoint: %s", first_line(error))
        return None
    log.warning("skipping a checkpoint: %r: %s holds something else", folder, name)
    return None


class CheckpointWriter:
    """Writes checkpoints on a thread of its own, so that the step does not wait for the disk."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpoint")
        self._pending: Future[str] | None = None

    @property
    def busy(self) -> bool:
        return self._pending is not None and not self._pending.done()

    def submit(self, iteration: int, state: State) -> None:
        """Writes `state`, which must not change any more. Raises what the last write raised."""
        self.wait()
        self._pending = self._pool.submit(write_checkpoint, self._folder, iteration, state)

    def wait(self) -> None:
        """Returns when the last write is on disk; raises what it raised."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def close(self) -> None:
        try:
            self.wait()
        finally:
            self._pool.shutdown()
