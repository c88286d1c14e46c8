"""Finds a run's weights: in MLflow if they are kept there, else in the sweep store.

The store keeps the weights of each training's best milestone, of all, or of the winners'
(`keep_weights` in a grid). A checkpoint that was written at a milestone has its weights too.
Shapes: B batch, C H W image, L latent."""

from collections.abc import Mapping
from typing import Any

from sweeper.errors import ResultsError
from sweeper.store.folders import open_folder
from sweeper.tracking import layout
from sweeper.tracking.reading import artifacts
from sweeper.tracking.reading.stored_run import StoredRun
from trainers.errors import RecordError
from trainers.saving.trained_network import Weights, read_weights


class MissingWeights(ResultsError):
    """Neither MLflow nor the sweep store has the weights."""


def find_weights(uri: str, run: StoredRun, store: str) -> Weights:
    """The weights of a run. Raises MissingWeights with a message that says how to get them."""
    return logged_weights(uri, run) or _stored_weights(run, store)


def logged_weights(uri: str, run: StoredRun) -> Weights | None:
    """The weights in MLflow, or None. Raises TrackingError, or ResultsError for damaged ones."""
    try:
        path = artifacts.fetch(uri, run, f"{layout.WEIGHTS}/weights.pt")
        about = artifacts.read_json(uri, run, f"{layout.WEIGHTS}/config.json")
    except artifacts.MissingArtifact:
        return None
    try:
        return read_weights(path.read_bytes(), about, str(path))
    except RecordError as error:
        raise ResultsError(str(error)) from None


def _stored_weights(run: StoredRun, store: str) -> Weights:
    from trainers.saving.weights import checkpointed_weights, kept_weights
    from trainers.saving.weights import read_weights as read_kept_weights

    training, wanted = run.tags[layout.TRAINING_ID], int(run.params["iterations"])
    try:
        folder = open_folder(store, training)
        kept = kept_weights(folder, wanted)
        content = (
            checkpointed_weights(folder, wanted)
            if kept is None
            else read_kept_weights(folder, kept[1])
        )
        if content is None:
            raise _missing(run, store, kept_weights(folder))
    except (OSError, RecordError) as error:
        raise MissingWeights(f"{_run_label(run)}: its weights cannot be read: {error}") from None
    return Weights(content["network"], _about(run, content["about"], wanted))


def _missing(run: StoredRun, store: str, other: tuple[int, str] | None) -> MissingWeights:
    what = f"those of iteration {other[0]} only" if other else "none"
    return MissingWeights(
        f"{_run_label(run)}: its weights are not kept ({store} holds {what}). To have them: write "
        "keep_weights: all (or winners) in the grid, delete the run in MLflow and "
        f"trainings/{run.tags[layout.TRAINING_ID]} in the store, and launch the grid again"
    )


def _about(run: StoredRun, about: Mapping[str, Any], iteration: int) -> dict[str, Any]:
    dataset = run.params["dataset"]
    names = ("identity", "dataset_fingerprint", "factor_names", "factor_sizes", "image_CHW")
    return {
        **{name: about[name] for name in names},
        # Older weights have no scale: every dataset but dSprites has values from 0 to 255.
        "scale": about.get("scale", 1.0 if dataset == "dsprites" else 1 / 255),
        "network": run.params["network"],
        "latent_dim": int(run.params["latent_dim"]),
        "iteration": iteration,
        "dataset": dataset,
        "model": run.params["model"],
        "run_id": run.tags[layout.RUN_ID],
        "training_id": run.tags[layout.TRAINING_ID],
    }


def _run_label(run: StoredRun) -> str:
    return f"run {run.tags[layout.RUN_ID]} ({run.params['dataset']} {run.params['model']})"
