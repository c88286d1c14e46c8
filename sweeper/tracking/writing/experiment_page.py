"""Descriptions, saved view and dataset inputs that MLflow's UI shows next to the numbers.

An experiment gets a description and a saved view (the menu "Views": settings and scores as columns,
best CbD first); a run its dataset as an input, and a description that shows its PCC picture. A
description that was edited in the UI is kept."""

import contextlib
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sweeper.tracking import layout

VIEW = "sweeper"  # the saved view's key in addresses
_KIND = "mlflow.experimentKind"
_VIEW_TAG = f"mlflow.sharedViewState.{VIEW}"
_ORDER = layout.measure_key("cbd")
_COLUMNS = (
    *(("params", name) for name in ("dataset", "model", "batch_size", "learning_rate")),
    ("params", "iterations"),
    *(("metrics", layout.measure_key(name)) for name in ("cbd", "beta_vae", "mig")),
    ("metrics", layout.VALID_RECON),
    ("tags", layout.SELECTED_BY),
)
_ABOUT = """**Runs and the scores of a sweep**: the menu *Views* holds "best CbD first".

One run is one configuration at one number of iterations, a child of its launch.

- `measure/..` scores of the representation, `valid/..` losses on validation images
- `loss/..`, `kl/z..`, `sigma/..`, `beta` curves along training
- `latents.h5`, `trajectory.parquet`, `metrics.parquet`, `pcc.png` in a run's artifacts
- tables, figures, report and plan in a launch's artifacts
- *Group by* the tag `sweeper.configuration` shows mean and spread over seeds
- runs that `sweeper select` chose: filter by ``tags.`sweeper.selected_by` LIKE '%cbd%'``
"""


def describe_experiment(
    client: Any, experiment_id: str, tags: Mapping[str, str], time_ms: int
) -> None:
    """Sets description, kind and saved view, each only where the experiment has none. One that
    another launch sets at the same moment is left to it: all write the same."""
    from mlflow.exceptions import MlflowException

    wanted = {
        layout.NOTE: _ABOUT,
        _KIND: "custom_model_development",  # the UI's pages for trained models, not for agents
        _VIEW_TAG: saved_view(time_ms),
    }
    for key, value in wanted.items():
        if key not in tags:
            with contextlib.suppress(MlflowException):
                client.set_experiment_tag(experiment_id, key, value)


def saved_view(time_ms: int) -> str:
    """The saved view in the format of MLflow 3.17; other versions ignore the tag."""
    state = {
        "selectedColumns": [f"{kind}.`{name}`" for kind, name in _COLUMNS],
        "orderByKey": f"metrics.`{_ORDER}`",
        "orderByAsc": False,
    }
    view = {"name": "best CbD first", "createdAt": time_ms, "state": json.dumps(state)}
    return json.dumps(view | {"updatedAt": time_ms})


def run_note(mlflow_run_id: str) -> str:
    """A run's description: the picture, at an address that every MLflow server has."""
    address = f"get-artifact?path={layout.PCC_PICTURE}&run_uuid={mlflow_run_id}"
    return f"Correlation of latents and factors:\n\n![PCC]({address})\n"


def dataset_input(name: str, about: Mapping[str, Any]) -> Any:
    """The dataset of a milestone as an MLflow input. Only its fingerprint is hashed."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    fingerprint = str(about["dataset_fingerprint"])
    sizes = dict(zip(about["factor_names"], about["factor_sizes"], strict=True))
    dataset = Dataset(
        name=name,
        digest=hashlib.sha256(fingerprint.encode()).hexdigest()[:8],
        source_type="sweeper",
        source=json.dumps({"fingerprint": fingerprint}),
        profile=json.dumps({"factors": len(sizes)} | sizes),
    )
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "training and evaluation")])
