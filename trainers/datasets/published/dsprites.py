"""The published dSprites, .npz or .hdf5 (github.com/google-deepmind/dsprites-dataset).

`metadata` is a pickle and is never read. The factor `color` has one value and is left out.
Kept as packed bits: 377 MB in place of 3 GB.

Shapes: N images, K factors, H W image."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from trainers.datasets.formats.containers import container
from trainers.datasets.published.labels import fitted, require_classes
from trainers.datasets.published.reading import Checksum, PublishedFile, ReadRequest, require_count
from trainers.errors import DataError

NPZ = Checksum("md5", "7da33b31b13a06f4b04a70402ce90c2e")
HDF5 = Checksum("sha256", "729fa22e884c9c500e1f17415d580746b4c5894fbbb780a1319bbcfa39a745bb")


def read(request: ReadRequest) -> PublishedFile:
    """Images (N, 1, H, W) of 0 and 1, classes (N, 5). See reading.PublishedFile."""
    path = request.file(".npz", ".hdf5", ".h5")
    file, archive = container(path), path.suffix.lower() == ".npz"
    shape, dtype = file.header("imgs")
    classes_NK = file.array("latents_classes" if archive else "latents/classes")
    classes_NK = _without_color(classes_NK, path)
    _check(shape, dtype, classes_NK, request, path)
    where = f"{path}: factors"
    require_classes(classes_NK, request.spec, where)
    spec = fitted(
        request.spec,
        classes_NK.astype(np.int64),
        request.spec.factor_sizes,
        (1, shape[1], shape[2]),
        where,
        any_size=request.any_size,
    )

    def blocks(start: int) -> Iterator[np.ndarray]:
        for images_nHW in file.blocks("imgs", start):
            if images_nHW.max(initial=0) > 1:
                raise DataError(f"{path}: imgs holds {images_nHW.max()}, expected only 0 and 1")
            yield images_nHW[:, None]

    known: dict[Path, tuple[Checksum, ...]] = {path: (NPZ if archive else HDF5,)}
    return PublishedFile(spec, classes_NK.astype(np.int64), blocks, "bits", 1.0, known)


def _without_color(classes_NK: np.ndarray, path: Path) -> np.ndarray:
    if classes_NK.ndim != 2 or classes_NK.shape[1] != 6:
        raise DataError(
            f"{path}: latent classes have shape {classes_NK.shape}, expected (images, 6): "
            "color, shape, scale, orientation, posX, posY"
        )
    if np.any(classes_NK[:, 0] != 0):
        raise DataError(f"{path}: color takes other values than 0; this is not dSprites")
    return classes_NK[:, 1:]


def _check(
    shape: tuple[int, ...],
    dtype: np.dtype,
    classes_NK: np.ndarray,
    request: ReadRequest,
    path: Path,
) -> None:
    size_HW = request.spec.image_CHW[1:]
    if len(shape) != 3 or (shape[1:] != size_HW and not request.any_size):
        raise DataError(f"{path}: imgs has shape {shape}, expected (images, {size_HW})")
    if dtype != np.uint8:
        raise DataError(f"{path}: imgs is {dtype}, expected uint8")
    if shape[0] != len(classes_NK):
        raise DataError(f"{path}: {shape[0]} images but {len(classes_NK)} rows of classes")
    require_count(shape[0], request, f"{path}: imgs")
