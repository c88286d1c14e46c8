"""MPI3D as published: one .npz, key `images`, in the order of the factors, no labels
(github.com/rr-learning/disentanglement_dataset).

MPI3D-complex holds 460,800 images; toy, realistic and real hold 1,036,800 of other objects. The
three differ in their sums only, and the sum of `real` is not compared: that file was published
again in April 2025, after the known sum. The NeurIPS challenge's 460,800-image part of toy and
realistic, which disentanglement_lib reads, has the shape of MPI3D-complex and is refused as that.

Shapes: N images, H W C image."""

import numpy as np

from trainers.datasets.access.factor_grid import classes_of
from trainers.datasets.formats.npy import npz_blocks, npz_header
from trainers.datasets.published.labels import fitted
from trainers.datasets.published.reading import Checksum, PublishedFile, ReadRequest, require_count
from trainers.errors import DataError

OTHER_VARIANTS = 1_036_800
# github.com/nmichlo/disent (`_groundtruth__mpi3d.py`).
SUMS = {
    "mpi3d_toy": Checksum("md5", "55889cb7c7dfc655d6e0277beee88868"),
    "mpi3d_realistic": Checksum("md5", "59a6225b88b635365f70c91b3e52f70f"),
}


def read(request: ReadRequest) -> PublishedFile:
    """Images (N, 3, 64, 64) uint8. With any_size a file may hold the first N images only."""
    path = request.file(".npz")
    spec = request.spec
    (shape, dtype), where = npz_header(path, "images"), f"{path}: images"
    if len(shape) != 4 or shape[3] != 3 or dtype != np.uint8:
        raise DataError(f"{where}: {dtype} {shape}, expected uint8 (images, 64, 64, 3)")
    hint = ""
    if spec.name == "mpi3d" and shape[0] == OTHER_VARIANTS:
        hint = (
            "This is MPI3D toy, realistic or real (mpi3d_toy, mpi3d_realistic, mpi3d_real); mpi3d "
            "is MPI3D-complex, published as real3d_complicated_shapes_ordered.npz."
        )
    require_count(shape[0], request, where, hint)
    if shape[0] > spec.num_images:
        raise DataError(
            f"{where}: {shape[0]:,} images, at most {spec.num_images:,} have factors. {hint}"
        )
    image_CHW = (3, *shape[1:3])
    if image_CHW != spec.image_CHW and not request.any_size:
        raise DataError(f"{where}: images of shape {shape[1:]}, expected (64, 64, 3)")
    classes_NK = classes_of(np.arange(shape[0]), spec.factor_sizes)
    return PublishedFile(
        fitted(spec, classes_NK, spec.factor_sizes, image_CHW, where, any_size=request.any_size),
        classes_NK,
        lambda start: (block.transpose(0, 3, 1, 2) for block in npz_blocks(path, "images", start)),
        checksums={path: (SUMS[spec.name],)} if spec.name in SUMS else {},
    )
