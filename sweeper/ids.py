"""Ids of runs, trainings and grids: hashes of their configuration.

An id is the first 16 hexadecimal digits of the SHA-256 of canonical JSON. It depends on typed
values only: not on file names, order, the spelling of numbers or other runs."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

LENGTH = 16

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def canonical(value: Any) -> str:
    """The canonical JSON text of a value: sorted keys, no spaces, shortest floats."""
    return _encode(value)


def id_of(value: Any) -> str:
    """The id of any JSON value."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:LENGTH]


def training_id(identity: Mapping[str, Any], unshared_iterations: int | None = None) -> str:
    """The id of a training.

    unshared_iterations: its iterations, where the grid forbids that runs share a training."""
    return id_of(
        dict(identity)
        if unshared_iterations is None
        else {**identity, "alone": unshared_iterations}
    )


def run_id(identity: Mapping[str, Any], iterations: int) -> str:
    """The id of the run: a training of this identity after `iterations` iterations."""
    return id_of({**identity, "iterations": iterations})
