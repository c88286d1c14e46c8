"""Checkpoint and resume, bitwise: in this process, or after another one was killed.

`python -m trainers.contracts.resuming` is that other process: it reads the part as JSON on
standard input, trains, writes a checkpoint and kills itself."""

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch

from trainers.contracts.small_training import run, same_bits, small_image, small_step
from trainers.contracts.verdict import Broken
from trainers.own_code.registry import sources_of
from trainers.own_code.worker import use_sent
from trainers.specs.own import Kind

_SAVED, _LAST = 2, 4  # the step of the checkpoint, and the last one


def check_resume(kind: Kind, name: str) -> str:
    """A checkpoint, loaded into a new training, continues with the same bits."""
    file = io.BytesIO()
    step = small_step(kind, name)
    run(step, 1, _SAVED, _image(kind, name))
    torch.save(step.state(), file)
    file.seek(0)
    return _continue(kind, name, torch.load(file, weights_only=True))


def check_resume_after_kill(kind: Kind, name: str) -> str:
    """The same, with a checkpoint of a process that was killed."""
    sources = sources_of([(kind, name)])
    sent = [source.to_dict() | {"digest": source.digest} for source in sources]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "checkpoint.pt")
        job = {"sent": sent, "kind": kind, "name": name, "path": str(path)} | {
            "threads": torch.get_num_threads()
        }
        ended = subprocess.run(
            [sys.executable, "-m", "trainers.contracts.resuming"],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode != -signal.SIGKILL:
            lines = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
            raise Broken(f"cannot be trained in another process: {lines[-1]}")
        state = torch.load(path, weights_only=True)
    return _continue(kind, name, state)


def _continue(kind: Kind, name: str, state: dict[str, Any]) -> str:
    image = _image(kind, name)
    straight = small_step(kind, name)
    expected = run(straight, 1, _LAST, image)[_SAVED:]
    resumed = small_step(kind, name)
    run(resumed, 1, 1, image)  # changes state that the restored one must replace
    resumed.load(state)
    found = run(resumed, _SAVED + 1, _LAST, image)
    what = f"resumed from a checkpoint of step {_SAVED}, it"
    same_bits(expected, found, straight.names, what)
    place = _difference(straight.state(), resumed.state())
    if place:
        raise Broken(f"{what} ends with another state: {place} differs")
    return ""


def _difference(one: Any, other: Any, place: str = "state") -> str:
    """Where two states of a training differ first, or ''."""
    if isinstance(one, torch.Tensor):
        same = isinstance(other, torch.Tensor) and torch.equal(one, other)
        return "" if same else place
    if isinstance(one, dict):
        if not isinstance(other, dict) or one.keys() != other.keys():
            return place
        found = (_difference(one[key], other[key], f"{place}.{key}") for key in one)
        return next(filter(None, found), "")
    if isinstance(one, list | tuple):
        if len(one) != len(other):
            return place
        found = (
            _difference(a, b, f"{place}[{i}]")
            for i, (a, b) in enumerate(zip(one, other, strict=True))
        )
        return next(filter(None, found), "")
    return "" if one == other else place


def _image(kind: Kind, name: str) -> tuple[int, int, int]:
    return small_image("mlp" if kind == "model" else name)


def _train_and_die() -> None:
    job = json.load(sys.stdin)
    torch.set_num_threads(job["threads"])
    use_sent(job["sent"], "a process of this machine")
    step = small_step(job["kind"], job["name"])
    run(step, 1, _SAVED, _image(job["kind"], job["name"]))
    torch.save(step.state(), job["path"])
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    _train_and_die()
