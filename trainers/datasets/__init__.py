"""Datasets: images and factor classes by index, from a published file or rendered.

    open_dataset("dsprites")                                  rendered from its geometry, no file
    open_dataset("mpi3d", data_dir="data")                    prepared from the published file
    open_dataset("mpi3d", source="synthetic")                 a stand-in, marked as one
    open_dataset("mine", path="mine.npz", data_dir="data")    a user's images and factors

To add a dataset: its spec in trainers/specs/datasets.py, a reader in published/, a line below."""

from pathlib import Path

from trainers.datasets.access.dataset import Dataset
from trainers.datasets.access.prepared import PreparedDataset, is_prepared
from trainers.datasets.contact_sheet import render_sheet
from trainers.datasets.custom import open_custom
from trainers.datasets.dsprites_variants import open_color, open_noisy, open_scream
from trainers.datasets.fetching.fetch import fetch
from trainers.datasets.listing import list_datasets
from trainers.datasets.opener import DEFAULT_DATA_DIR, Opener, unknown_dataset
from trainers.datasets.prepare import Checked, check, prepare
from trainers.datasets.rendered_dsprites import RenderedDSprites
from trainers.datasets.synthetic import celeba, falcor3d, isaac3d, mpi3d
from trainers.errors import ConfigError

DATASETS: dict[str, Opener] = {
    "dsprites": Opener("dsprites", rendered=RenderedDSprites),
    "mpi3d": Opener("mpi3d", synthetic=mpi3d.open_synthetic),
    "falcor3d": Opener("falcor3d", synthetic=falcor3d.open_synthetic),
    "isaac3d": Opener("isaac3d", synthetic=isaac3d.open_synthetic),
    "celeba": Opener("celeba", synthetic=celeba.open_synthetic),
    "shapes3d": Opener("shapes3d"),
    "cars3d": Opener("cars3d"),
    "smallnorb": Opener("smallnorb"),
    "mpi3d_toy": Opener("mpi3d_toy"),
    "mpi3d_realistic": Opener("mpi3d_realistic"),
    "mpi3d_real": Opener("mpi3d_real"),
    "color_dsprites": Opener("color_dsprites", rendered=open_color),
    "noisy_dsprites": Opener("noisy_dsprites", rendered=open_noisy),
    "scream_dsprites": Opener("scream_dsprites", open_prepared=open_scream),
}


def open_dataset(
    name: str,
    *,
    source: str | None = None,
    data_dir: Path | str | None = None,
    path: Path | str | None = None,
) -> Dataset:
    """A dataset by name. See the module for examples.

    source: one of the spec's sources, the first by default.  data_dir: folder of prepared data,
    ./data by default.  path: an .npz or HDF5 file of `images` and `factors`, any name but those of
    the published datasets.

    Raises ConfigError for an unknown name or source, DataError where data are missing or damaged.
    """
    if path is not None:
        if source not in (None, "custom"):
            raise ConfigError(f"{name}: a file given by its path has no source {source!r}")
        return open_custom(name, path, DEFAULT_DATA_DIR if data_dir is None else data_dir)
    if name not in DATASETS:
        raise unknown_dataset(name)
    return DATASETS[name](source, data_dir)


__all__ = [
    "DATASETS",
    "DEFAULT_DATA_DIR",
    "Checked",
    "Dataset",
    "Opener",
    "PreparedDataset",
    "check",
    "fetch",
    "is_prepared",
    "list_datasets",
    "open_dataset",
    "prepare",
    "render_sheet",
]
