"""The revisions of the parts of a training: how a stored run is tied to the code that made it.

Every model, network and drawn dataset has a `revision` in its spec; the optimiser step and each
precision have theirs here. A revision is raised only when the numbers of the part change. Revision
0 is left out of a training's identity, so raising one gives new ids to the trainings that use that
part and leaves all others as they are. tests/trainers/test_revisions.py compares each part with
recorded numbers."""

from trainers.specs.datasets import DATASETS
from trainers.specs.models import MODELS
from trainers.specs.networks import NETWORKS

STEP_REVISION = 0  # Adam and its constants, minibatches, noise, split, evaluation

# fp32: float32.  tf32: float32 with TF32 products on a GPU.  bf16: autocast to bfloat16.
# bf16 is at revision 1: before, milestones were evaluated in bfloat16 too.
PRECISIONS: dict[str, int] = {"fp32": 0, "tf32": 0, "bf16": 1}


def revisions(
    *, model: str, network: str, dataset: str, source: str, precision: str
) -> dict[str, int]:
    """The revisions above 0 of the parts of a training, by kind of part. Unknown names have 0."""
    parts = {
        "model": MODELS[model].revision if model in MODELS else 0,
        "network": NETWORKS[network].revision if network in NETWORKS else 0,
        "dataset": DATASETS[dataset].revision if dataset in DATASETS and source in _DRAWN else 0,
        "step": STEP_REVISION,
        "precision": PRECISIONS.get(precision, 0),
    }
    return {kind: revision for kind, revision in parts.items() if revision}


_DRAWN = ("rendered", "synthetic")
