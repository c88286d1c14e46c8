"""Artifacts of a run: read from this machine's disk if they are there, downloaded otherwise."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sweeper.errors import TrackingError
from sweeper.messages import first_line, mask_credentials
from sweeper.tracking import layout
from sweeper.tracking.reading.stored_run import StoredRun
from sweeper.tracking.uri import artifact_path


class MissingArtifact(TrackingError):
    """An artifact that a run does not have."""


@dataclass(frozen=True)
class Latents:
    """A run's representation of the evaluation points. N points, L latents, K factors."""

    mu_NL: np.ndarray
    logvar_NL: np.ndarray
    factors_NK: np.ndarray
    indices_N: np.ndarray
    names: tuple[str, ...]
    sizes: tuple[int, ...]


def read_text(uri: str, run: StoredRun, name: str) -> str:
    """An artifact as text. Raises MissingArtifact where there is none."""
    return fetch(uri, run, name).read_text(encoding="utf-8")


def read_json(uri: str, run: StoredRun, name: str) -> Any:
    """An artifact as JSON. Raises TrackingError where there is none or it is damaged."""
    try:
        return json.loads(read_text(uri, run, name))
    except ValueError as error:
        raise TrackingError(f"{name} of {_run_label(run)} is not JSON: {error}") from None


def read_latents(uri: str, run: StoredRun) -> Latents:
    """A run's latents.h5. Raises TrackingError where there is none or it is damaged."""
    path = fetch(uri, run, layout.LATENTS)
    try:
        return read_latents_file(path)
    except TrackingError as error:
        raise TrackingError(f"{_run_label(run)}: {error}") from None


def read_latents_file(path: Path) -> Latents:
    """The content of a latents.h5. Raises TrackingError for a damaged one."""
    import h5py

    try:
        with h5py.File(path, "r", locking=False) as file:
            return Latents(
                file["mu"][...],
                file["logvar"][...],
                file["factors"][...],
                file["indices"][...],
                tuple(file["names"].asstr()[...]),
                tuple(int(size) for size in file["sizes"][...]),
            )
    except (OSError, KeyError) as error:
        raise TrackingError(f"{path} is damaged: {error}") from None


def read_trajectory(uri: str, run: StoredRun) -> dict[str, np.ndarray]:
    """'iteration' and every trajectory of a run, each (T,), at every recorded step."""
    import pyarrow.parquet as pq
    from pyarrow.lib import ArrowException

    path = fetch(uri, run, layout.TRAJECTORY)
    try:
        table = pq.read_table(path)
    except (OSError, ArrowException) as error:
        raise TrackingError(f"{path} of {_run_label(run)} is damaged: {error}") from None
    return {name: table[name].to_numpy() for name in table.column_names}


def fetch(uri: str, run: StoredRun, name: str) -> Path:
    """The artifact's file on this machine. Raises MissingArtifact where there is none, and
    TrackingError where this user cannot read it."""
    folder = artifact_path(run.artifact_uri)
    if folder is not None:
        path = folder / name
        try:
            path.open("rb").close()
        except (FileNotFoundError, NotADirectoryError):
            missing = f"{_run_label(run)} has no {name}: {path} does not exist"
            raise MissingArtifact(missing) from None
        except OSError as error:
            raise TrackingError(
                f"{path} cannot be read: {error.strerror}. Make the file and its folders readable"
            ) from None
        return path
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

    try:
        return Path(MlflowClient(uri).download_artifacts(run.mlflow_run_id, name))
    except (MlflowException, OSError) as error:
        reason = mask_credentials(first_line(error))
        raise MissingArtifact(f"{name} of {_run_label(run)} cannot be fetched: {reason}") from None


def _run_label(run: StoredRun) -> str:
    return f"run {run.tags.get(layout.RUN_ID, run.mlflow_run_id)}"
