"""Readers of the published files, one a dataset: from files to a checked `PublishedFile`."""

from collections.abc import Callable

from trainers.datasets.published import (
    cars3d,
    celeba,
    dsprites,
    mpi3d,
    nvidia,
    scream,
    shapes3d,
    smallnorb,
)
from trainers.datasets.published.reading import PublishedFile, ReadRequest

READERS: dict[str, Callable[[ReadRequest], PublishedFile]] = {
    "dsprites": dsprites.read,
    "mpi3d": mpi3d.read,
    "falcor3d": nvidia.read_falcor3d,
    "isaac3d": nvidia.read_isaac3d,
    "celeba": celeba.read,
    "shapes3d": shapes3d.read,
    "cars3d": cars3d.read,
    "smallnorb": smallnorb.read,
    "mpi3d_toy": mpi3d.read,
    "mpi3d_realistic": mpi3d.read,
    "mpi3d_real": mpi3d.read,
    "scream_dsprites": scream.read,
}
