"""A run's weights: from MLflow where they are kept there, else from the sweep store.

The store keeps those of each training's best milestone only, or of all (`keep_weights` in a grid).
Shapes: B batch, C H W image, L latent."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sweeper import stores
from sweeper.errors import ResultsError
from sweeper.tracking import artifacts, layout
from sweeper.tracking.stored import StoredRun

if TYPE_CHECKING:
    from torch import Tensor

    from trainers.networks import AutoEncoder


class MissingWeights(ResultsError):
    """Weights that neither MLflow nor the sweep store holds."""


@dataclass(frozen=True)
class Weights:
    """A network's state and what is needed to build and feed it.

    about: network, image_CHW, latent_dim, scale (images * scale lies in [0, 1]), iteration, run_id,
    training_id, dataset, dataset_fingerprint, factor_names, factor_sizes, identity."""

    state: Mapping[str, "Tensor"]
    about: Mapping[str, Any]

    def build(self) -> "AutoEncoder":
        """The network, in evaluation mode, on the CPU."""
        from trainers.networks import build_network

        about = self.about
        network = build_network(
            about["network"], tuple(about["image_CHW"]), int(about["latent_dim"]), seed=0
        )
        network.load_state_dict(dict(self.state))
        return network.eval()

    def files(self) -> dict[str, bytes]:
        """{'weights.pt', 'config.json'}: as MLflow keeps them in a run's folder weights/."""
        import torch

        buffer = io.BytesIO()
        torch.save(dict(self.state), buffer)
        text = json.dumps(dict(self.about), indent=2, sort_keys=True)
        return {"weights.pt": buffer.getvalue(), "config.json": text.encode()}


def find_weights(uri: str, run: StoredRun, store: str) -> Weights:
    """The weights of a run. Raises MissingWeights, in a line that says how to get them."""
    return logged_weights(uri, run) or _stored_weights(run, store)


def logged_weights(uri: str, run: StoredRun) -> Weights | None:
    """Those that MLflow holds, or None. Raises TrackingError where they are damaged."""
    try:
        path = artifacts.fetch(uri, run, f"{layout.WEIGHTS}/weights.pt")
        about = artifacts.read_json(uri, run, f"{layout.WEIGHTS}/config.json")
    except artifacts.MissingArtifact:
        return None
    return Weights(_load(path.read_bytes(), str(path)), about)


def read_weights(data: bytes, about: Mapping[str, Any], name: str = "weights.pt") -> Weights:
    """Weights from the content of their two files. Raises ResultsError for damaged ones."""
    return Weights(_load(data, name), about)


def _load(data: bytes, name: str) -> Any:
    import pickle

    import torch

    try:
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise ResultsError(f"{name} holds no weights: {reason}") from None


def _stored_weights(run: StoredRun, store: str) -> Weights:
    from trainers.errors import RecordError
    from trainers.weights import kept_weights, read_weights

    training, wanted = run.tags[layout.TRAINING_ID], int(run.params["iterations"])
    try:
        folder = stores.open_folder(store, training)
        kept = kept_weights(folder, wanted)
        if kept is None:
            raise _missing(run, store, kept_weights(folder))
        content = read_weights(folder, kept[1])
    except (OSError, RecordError) as error:
        raise MissingWeights(f"{_who(run)}: its weights cannot be read: {error}") from None
    return Weights(content["network"], _about(run, content["about"], wanted))


def _missing(run: StoredRun, store: str, other: tuple[int, str] | None) -> MissingWeights:
    what = f"those of iteration {other[0]} only" if other else "none"
    return MissingWeights(
        f"{_who(run)}: its weights are not kept ({store} holds {what}). To have them: write "
        "keep_weights: all in the grid, delete the run in MLflow and "
        f"trainings/{run.tags[layout.TRAINING_ID]} in the store, and launch the grid again"
    )


def _about(run: StoredRun, about: Mapping[str, Any], iteration: int) -> dict[str, Any]:
    dataset = run.params["dataset"]
    names = ("identity", "dataset_fingerprint", "factor_names", "factor_sizes", "image_CHW")
    return {
        **{name: about[name] for name in names},
        # Weights kept before the scale was: every dataset but dSprites holds bytes of 0 to 255.
        "scale": about.get("scale", 1.0 if dataset == "dsprites" else 1 / 255),
        "network": run.params["network"],
        "latent_dim": int(run.params["latent_dim"]),
        "iteration": iteration,
        "dataset": dataset,
        "model": run.params["model"],
        "run_id": run.tags[layout.RUN_ID],
        "training_id": run.tags[layout.TRAINING_ID],
    }


def _who(run: StoredRun) -> str:
    return f"run {run.tags[layout.RUN_ID]} ({run.params['dataset']} {run.params['model']})"
