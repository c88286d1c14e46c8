"""3DShapes as published: 3dshapes.h5, `images` and `labels` (github.com/google-deepmind/3d-shapes).

Labels are values, such as hues and angles; a class is a value's rank.

Shapes: N images, K factors, H W C image."""

import numpy as np

from trainers.datasets.formats.hdf5 import h5_array, h5_blocks, h5_small
from trainers.datasets.published.labels import classes_from_values, fitted
from trainers.datasets.published.reading import Checksum, PublishedFile, ReadRequest, require_count
from trainers.errors import DataError

SHA256 = Checksum("sha256", "0a0f6ed98baff276a50f3a081a7434d788da63cb135a98189b2a5b5769be1785")


def read(request: ReadRequest) -> PublishedFile:
    """Images (N, 3, H, W) uint8 and classes (N, 6)."""
    path, spec = request.file(".h5", ".hdf5"), request.spec
    with h5_array(path, "images") as images:
        shape, dtype = images.shape, images.dtype
    labels_NK = h5_small(path, "labels")
    where = f"{path}: images"
    if len(shape) != 4 or shape[3] != 3 or dtype != np.uint8:
        raise DataError(f"{where}: {dtype} {shape}, expected uint8 (images, 64, 64, 3)")
    if not request.any_size and (3, *shape[1:3]) != spec.image_CHW:
        raise DataError(f"{where}: images of shape {shape[1:]}, expected (64, 64, 3)")
    if shape[0] != len(labels_NK):
        raise DataError(f"{path}: {shape[0]} images but {len(labels_NK)} rows of labels")
    require_count(shape[0], request, where)
    classes_NK, sizes_K = classes_from_values(
        labels_NK, spec, f"{path}: labels", any_size=request.any_size
    )
    return PublishedFile(
        fitted(
            spec,
            classes_NK,
            sizes_K,
            (3, *shape[1:3]),
            f"{path}: labels",
            any_size=request.any_size,
        ),
        classes_NK,
        lambda start: (block.transpose(0, 3, 1, 2) for block in h5_blocks(path, "images", start)),
        checksums={path: (SHA256,)},
    )
