"""Weights of selected runs in MLflow, and the models registered from them."""

import tempfile
import warnings
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sweeper.errors import TrackingError
from sweeper.messages import first_line, mask_credentials
from sweeper.tracking import layout
from sweeper.tracking.connection import open_client
from sweeper.tracking.reading.stored_run import StoredRun

_FOLDER = "model"
_CODE = Path(__file__).with_name("encoder_model.py")


def keep_weights(uri: str, run: StoredRun, files: Mapping[str, bytes]) -> None:
    """Stores the files under the run's weights/. Raises TrackingError."""
    with tempfile.TemporaryDirectory() as name:
        folder = _written(Path(name), files)
        _client(uri, lambda client: client.log_artifacts(run.mlflow_run_id, folder, layout.WEIGHTS))


def register(
    uri: str, name: str, run: StoredRun, files: Mapping[str, bytes], about: Mapping[str, Any]
) -> int:
    """Registers a run's encoder as the newest version of the model `name`; the version.

    A run that is the newest version already is not registered again. Raises TrackingError."""
    return int(_client(uri, lambda client: _register(client, name, run, files, about)))


def _register(
    client: Any, name: str, run: StoredRun, files: Mapping[str, bytes], about: Mapping[str, Any]
) -> int:
    run_id = run.tags[layout.RUN_ID]
    newest = _newest(client, name)
    if newest is not None and newest.tags.get(layout.RUN_ID) == run_id:
        return int(newest.version)
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, _FOLDER)
        _save(model, _written(Path(folder, "files"), files), about)
        client.log_artifacts(run.mlflow_run_id, str(model), _FOLDER)
    source = f"{client.get_run(run.mlflow_run_id).info.artifact_uri}/{_FOLDER}"
    made = client.create_model_version(
        name, source, run.mlflow_run_id, tags={layout.RUN_ID: run_id}, await_creation_for=0
    )
    return int(made.version)


def _newest(client: Any, name: str) -> Any:
    """The newest version of a model, or None; the model is created if missing."""
    from mlflow.exceptions import MlflowException

    try:
        client.get_registered_model(name)
    except MlflowException:
        client.create_registered_model(
            name, description="Encoder of the run that `sweeper select` chose: images to latents."
        )
    versions = client.search_model_versions(f"name = '{name}'")
    return max(versions, key=lambda version: int(version.version), default=None)


def _save(place: Path, weights: str, about: Mapping[str, Any]) -> None:
    import mlflow.pyfunc
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    images = TensorSpec(np.dtype(np.uint8), (-1, *about["image_CHW"]))
    latents = TensorSpec(np.dtype(np.float32), (-1, about["latent_dim"]))
    with warnings.catch_warnings():
        # It would only serve to derive the signature, which is given.
        warnings.filterwarnings("ignore", ".*An input example was not provided")
        mlflow.pyfunc.save_model(
            str(place),
            python_model=str(_CODE),
            artifacts={"weights": weights},
            signature=ModelSignature(Schema([images]), Schema([latents])),
            # Without this project: the public index has another package of this name.
            pip_requirements=[f"{name}=={version(name)}" for name in ("torch", "numpy")],
        )


def _written(folder: Path, files: Mapping[str, bytes]) -> str:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return str(folder)


def _client(uri: str, use: Any) -> Any:
    from mlflow.exceptions import MlflowException

    try:
        return use(open_client(uri))
    except (MlflowException, OSError) as error:
        reason = mask_credentials(first_line(error))
        raise TrackingError(f"MLflow refuses: {reason}") from error
