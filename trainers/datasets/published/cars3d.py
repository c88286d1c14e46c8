"""Cars3D as published: nips2015-analogy-data.tar.gz, of which data/cars is used (Reed et al. 2015).

data/cars/list.txt names the cars; its order is the order of the factor `object`, whatever the
order of the archive. Each NAME.mat holds `im` (128, 128, 3, 24, 4): H, W, C, azimuth, elevation.
Images are brought to 64 pixels, as disentanglement_lib does. All take 216 MB, held in memory.

Shapes: E elevations, A azimuths, O objects, C H W image."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from trainers.datasets.access.factor_grid import classes_of
from trainers.datasets.formats.archive import safe_tar_files
from trainers.datasets.formats.damage import damage_named
from trainers.datasets.formats.pictures import resize
from trainers.datasets.published.labels import fitted
from trainers.datasets.published.reading import (
    Checksum,
    PublishedFile,
    ReadRequest,
    require_count,
    require_shape,
)
from trainers.errors import DataError

MD5 = Checksum("md5", "4e866a7919c1beedf53964e6f7a23686")
FOLDER = "data/cars/"


def read(request: ReadRequest) -> PublishedFile:
    """Images (N, 3, 64, 64) uint8; elevation 4, azimuth 24, object 183, the last fastest."""
    path, spec = request.file(".tar.gz", ".tgz", ".tar"), request.spec
    names, present = _names(path)
    missing = [name for name in names if name not in present]
    if missing:
        raise DataError(f"{path}: {len(missing)} listed cars are missing, first {missing[0]}.mat")
    sizes_K = (*spec.factor_sizes[:2], len(names))
    num_images = int(np.prod(sizes_K))
    require_count(num_images, request, f"{path}: {len(names)} cars")
    classes_NK = classes_of(np.arange(num_images), sizes_K)
    found = fitted(spec, classes_NK, sizes_K, spec.image_CHW, str(path), any_size=request.any_size)

    def blocks(start: int) -> Iterator[np.ndarray]:
        images = np.empty((*sizes_K, *spec.image_CHW), np.uint8)
        for name, car_EACHW in _cars(path, spec.image_CHW[1]):
            if name in names:
                require_shape(car_EACHW.shape, (*sizes_K[:2], *spec.image_CHW), f"{path}: {name}")
                images[:, :, names.index(name)] = car_EACHW
        yield images.reshape(-1, *spec.image_CHW)[start:]

    return PublishedFile(found, classes_NK, blocks, checksums={path: (MD5,)})


def _names(path: Path) -> tuple[list[str], set[str]]:
    names: list[str] | None = None
    present = set()
    for member, stream in safe_tar_files(path):
        name = _inside(member)
        if name == "list.txt":
            with damage_named(path):
                words = stream.read().decode("ascii", "strict").split()
            names = [word.removesuffix(".mat") for word in words]
        elif name and name.endswith(".mat"):
            present.add(name.removesuffix(".mat"))
    if not names:
        raise DataError(f"{path}: no {FOLDER}list.txt in it, or an empty one")
    if len(set(names)) != len(names):
        raise DataError(f"{path}: {FOLDER}list.txt names a car twice")
    return names, present


def _cars(path: Path, size: int) -> Iterator[tuple[str, np.ndarray]]:
    """Name and images (E, A, C, H, W) of each car, in the archive's order."""
    for member, stream in safe_tar_files(path):
        name = _inside(member)
        if name and name.endswith(".mat"):
            with damage_named(path):
                data = stream.read()
            yield name.removesuffix(".mat"), _views(data, size, f"{path}: {member}")


def _inside(member: str) -> str | None:
    member = member.removeprefix("./")
    return member.removeprefix(FOLDER) if member.startswith(FOLDER) else None


def _views(data: bytes, size: int, where: str) -> np.ndarray:
    from scipy.io import loadmat

    try:
        im = loadmat(io.BytesIO(data), variable_names=["im"])["im"]
    except KeyError:
        raise DataError(f"{where}: holds no array `im`") from None
    except Exception as error:  # scipy raises many types on damaged files
        raise DataError(f"{where}: no readable .mat file: {error}") from error
    if im.dtype != np.uint8 or im.ndim != 5 or im.shape[2] != 3:
        raise DataError(f"{where}: im is {im.dtype} {im.shape}, expected uint8 (128,128,3,24,4)")
    views = [
        [resize(im[..., azimuth, elevation], size) for azimuth in range(im.shape[3])]
        for elevation in range(im.shape[4])
    ]
    return np.array(views).transpose(0, 1, 4, 2, 3)
