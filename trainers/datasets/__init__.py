"""Datasets: images and factor classes by index, from a published file or drawn.

    open_dataset("dsprites")                                  drawn from its geometry, no file
    open_dataset("mpi3d", data_dir="data")                    prepared from the published file
    open_dataset("mpi3d", source="synthetic")                 a stand-in, marked as one
    open_dataset("mine", path="mine.npz", data_dir="data")    anyone's images and factors

To add a dataset: its spec in trainers/specs/datasets.py, a reader in published/, a line below."""

import difflib
from collections.abc import Callable
from pathlib import Path

from trainers.datasets.base import Dataset
from trainers.datasets.custom import open_custom
from trainers.datasets.dsprites import RenderedDSprites
from trainers.datasets.listing import list_datasets
from trainers.datasets.prepare import Checked, check, prepare
from trainers.datasets.prepared import PreparedDataset, is_prepared
from trainers.datasets.sheet import render_sheet
from trainers.datasets.synthetic import celeba, falcor3d, isaac3d, mpi3d
from trainers.errors import ConfigError, DataError
from trainers.specs import datasets as specs
from trainers.specs.datasets import DatasetSpec

DEFAULT_DATA_DIR = Path("data")
Opener = Callable[[Path], Dataset]


def _published(name: str) -> Opener:
    def opener(data_dir: Path) -> Dataset:
        spec = specs.DATASETS[name]
        if is_prepared(name, data_dir):
            return PreparedDataset(Path(data_dir) / name, spec)
        others = [f"take source {source!r}" for source in spec.sources if source != "published"]
        also = "".join(f", or {other}" for other in others)
        raise DataError(
            f"{name}: not prepared in {data_dir}. Fetch {', '.join(spec.files)} and run "
            f"`sweeper data prepare {name} --source FILE`{also}"
        )

    return opener


# What opens each source of each dataset; the keys are those of the specs.
DATASETS: dict[str, dict[str, Opener]] = {
    "dsprites": {"rendered": lambda _: RenderedDSprites(), "published": _published("dsprites")},
    "mpi3d": {"published": _published("mpi3d"), "synthetic": lambda _: mpi3d.open_synthetic()},
    "falcor3d": {
        "published": _published("falcor3d"),
        "synthetic": lambda _: falcor3d.open_synthetic(),
    },
    "isaac3d": {
        "published": _published("isaac3d"),
        "synthetic": lambda _: isaac3d.open_synthetic(),
    },
    "celeba": {"published": _published("celeba"), "synthetic": lambda _: celeba.open_synthetic()},
    "shapes3d": {"published": _published("shapes3d")},
    "cars3d": {"published": _published("cars3d")},
    "smallnorb": {"published": _published("smallnorb")},
}


def open_dataset(
    name: str,
    *,
    source: str | None = None,
    data_dir: Path | str | None = None,
    path: Path | str | None = None,
) -> Dataset:
    """A dataset by name. See the module for examples.

    source: one of the spec's sources, the first by default.  data_dir: where prepared data lie,
    ./data by default.  path: an .npz or HDF5 file of `images` and `factors`; the name is then free.

    Raises ConfigError for an unknown name or source, DataError where data are missing or damaged."""
    folder = Path(data_dir) if data_dir is not None else DEFAULT_DATA_DIR
    if path is not None:
        if source not in (None, "custom"):
            raise ConfigError(f"{name}: source {source!r} cannot be asked of a file by path")
        return open_custom(name, path, folder)
    if name not in DATASETS:
        close = difflib.get_close_matches(name, DATASETS, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ConfigError(
            f"dataset {name!r} is unknown.{hint} Known: {', '.join(DATASETS)}; "
            "a file of your own needs its path"
        )
    spec: DatasetSpec = specs.DATASETS[name]
    source = source or spec.sources[0]
    if source not in DATASETS[name]:
        raise ConfigError(
            f"{name}: source {source!r} is unknown; allowed: {', '.join(DATASETS[name])}"
        )
    return DATASETS[name][source](folder)


__all__ = [
    "DATASETS",
    "DEFAULT_DATA_DIR",
    "Checked",
    "Dataset",
    "PreparedDataset",
    "check",
    "is_prepared",
    "list_datasets",
    "open_dataset",
    "prepare",
    "render_sheet",
]
