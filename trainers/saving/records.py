"""Milestone records: the results of a training at an iteration that is scored.

One file holds metrics, latents and the trajectory so far (numpy's .npz, no pickle), so a record is
complete or absent. Shapes: N points, L latent, K factors, S recorded steps, T trajectory names."""

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trainers.config import sorted_json
from trainers.errors import RecordError
from trainers.saving.folders import Folder, files_by_number, read_digested, write_digested

_FORMAT = 1
_ARRAYS = ("mu", "logvar", "factors", "indices", "trajectory")


@dataclass(frozen=True)
class Milestone:
    """One scored iteration of a training.

    metrics: {'measure/cbd': .., 'valid/recon': .., ..} at this iteration
    failed: why the scores are missing, or ''
    trajectory_ST: float64, the iteration in the first column, then the `trajectory_names`
    mu_NL, logvar_NL: posterior of the validation images; factors_NK: their factor classes
    about: identity of the training, versions, fingerprint, factor names, times (s)"""

    iteration: int
    metrics: Mapping[str, float]
    trajectory_names: tuple[str, ...]
    trajectory_ST: np.ndarray
    mu_NL: np.ndarray
    logvar_NL: np.ndarray
    factors_NK: np.ndarray
    indices_N: np.ndarray
    about: Mapping[str, Any]
    failed: str = ""


@dataclass(frozen=True)
class FolderContents:
    """Record names by iteration, and the iterations of checkpoints, in a training's folder.

    diverged: {step at which a loss was not finite: record name}, with at most one item."""

    milestones: Mapping[int, str] = field(default_factory=dict)
    diverged: Mapping[int, str] = field(default_factory=dict)
    checkpoints: tuple[int, ...] = ()


def write_milestone(folder: Folder, milestone: Milestone) -> str:
    """Writes the record and returns its name."""
    header = {
        "format": _FORMAT,
        "iteration": milestone.iteration,
        "metrics": dict(milestone.metrics),
        "trajectory_names": list(milestone.trajectory_names),
        "about": dict(milestone.about),
        "failed": milestone.failed,
    }
    buffer = io.BytesIO()
    np.savez(
        buffer,
        header=np.frombuffer(sorted_json(header).encode(), np.uint8),
        mu=milestone.mu_NL,
        logvar=milestone.logvar_NL,
        factors=milestone.factors_NK,
        indices=milestone.indices_N,
        trajectory=milestone.trajectory_ST,
    )
    stem = f"milestone-{milestone.iteration:012d}"
    with buffer.getbuffer() as data:
        return write_digested(folder, stem, ".npz", data)


def read_milestone(folder: Folder, name: str) -> Milestone:
    """The record `name`. Raises RecordError if it is damaged or of another format."""
    data = read_digested(folder, name)
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            header = json.loads(arrays["header"].tobytes())
            mu, logvar, factors, indices, trajectory = (arrays[key] for key in _ARRAYS)
        found = header["format"]
    except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise RecordError(f"{folder!r}: {name} is not a milestone record ({error})") from error
    if found != _FORMAT:
        raise RecordError(f"{folder!r}: {name} has format {found}; this version reads {_FORMAT}")
    return Milestone(
        iteration=header["iteration"],
        metrics=header["metrics"],
        trajectory_names=tuple(header["trajectory_names"]),
        trajectory_ST=trajectory,
        mu_NL=mu,
        logvar_NL=logvar,
        factors_NK=factors,
        indices_N=indices,
        about=header["about"],
        failed=header["failed"],
    )


def write_divergence(folder: Folder, iteration: int, term: str) -> str:
    """Records that the training ended at `iteration` because `term` was not finite."""
    text = json.dumps({"format": _FORMAT, "iteration": iteration, "term": term})
    return write_digested(folder, f"diverged-{iteration:012d}", ".json", text.encode())


def read_divergence(folder: Folder, name: str) -> tuple[int, str]:
    """(iteration, term) of the divergence record `name`. Raises RecordError."""
    data = read_digested(folder, name)
    try:
        header = json.loads(data)
        return int(header["iteration"]), str(header["term"])
    except (ValueError, KeyError, TypeError) as error:
        raise RecordError(f"{folder!r}: {name} is not a divergence record ({error})") from error


def find_records(folder: Folder) -> FolderContents:
    """What `folder` holds, by file names only; content is verified when it is read."""
    return FolderContents(
        milestones=files_by_number(folder, "milestone"),
        diverged=files_by_number(folder, "diverged"),
        checkpoints=tuple(files_by_number(folder, "checkpoint")),
    )


def milestones_left(folder: Folder, milestones: Iterable[int]) -> tuple[list[int], str]:
    """(those still to be scored, ascending; why the training diverged, or ''). Raises RecordError
    for a damaged divergence record."""
    found = find_records(folder)
    diverged_at, reason = None, ""
    for name in found.diverged.values():
        diverged_at, term = read_divergence(folder, name)
        reason = divergence_reason(diverged_at, term)
    left = [
        iteration
        for iteration in sorted(milestones)
        if iteration not in found.milestones and (diverged_at is None or iteration < diverged_at)
    ]
    return left, reason


def divergence_reason(iteration: int, term: str) -> str:
    """For people, and the tag of the run in MLflow."""
    return f"{term} was not finite at step {iteration}"
