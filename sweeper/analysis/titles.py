"""How models and datasets are spelled in tables and figures."""

from trainers.specs.datasets import DATASETS
from trainers.specs.models import MODELS

BETA = "\u03b2"


def model_title(model: str) -> str:
    """'beta_vae' -> the thesis's spelling; an unknown model is shown as it is."""
    if model not in MODELS:
        return model
    title: str = MODELS[model].title
    return title.replace("beta", BETA).replace("sigma", "\u03c3")


def dataset_title(dataset: str) -> str:
    """'mpi3d' -> 'MPI3D-complex'; the distribution over factors that is trained on is kept."""
    name, space, factors = dataset.partition(" ")
    return f"{DATASETS[name].title if name in DATASETS else name}{space}{factors}"
