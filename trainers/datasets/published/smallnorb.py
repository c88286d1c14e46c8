"""SmallNORB as published: six .mat.gz files of NYU's own binary form (LeCun et al. 2004).

A file is int32 magic, int32 rank, at least three int32 sizes, then little-endian data. Training and
testing parts are joined: together they hold ten instances of each category. Of each stereo pair
the left image is used, brought to 64 pixels. All five factors are kept; disentanglement_lib leaves
out `instance`, so scores over all five are not comparable with its own.

Shapes: N images, K factors, H W image."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import numpy as np

from trainers.datasets.formats.damage import damage_named
from trainers.datasets.formats.pictures import resize
from trainers.datasets.published.labels import fitted, require_classes
from trainers.datasets.published.reading import Checksum, PublishedFile, ReadRequest, require_count
from trainers.errors import DataError

TYPES = {0x1E3D4C55: "u1", 0x1E3D4C54: "<i4", 0x1E3D4C51: "<f4", 0x1E3D4C53: "<f8"}
PARTS = ("training", "testing")
MD5 = {
    "training": Checksum("md5", "66054832f9accfe74a0f4c36a75bc0a2"),
    "testing": Checksum("md5", "e4ad715691ed5a3a5f138751a4ceb071"),
}
_BLOCK = 256


def read(request: ReadRequest) -> PublishedFile:
    """Images (N, 1, 64, 64) uint8; category, instance, elevation, azimuth, lighting."""
    spec = request.spec
    images = {part: request.file(f"{part}-dat.mat.gz", f"{part}-dat.mat") for part in PARTS}
    classes_NK = np.concatenate([_classes(request, part) for part in PARTS])
    counts = {part: _image_shape(path, request)[0] for part, path in images.items()}
    where = ", ".join(path.name for path in images.values())
    if sum(counts.values()) != len(classes_NK):
        raise DataError(f"{where}: {sum(counts.values())} images, {len(classes_NK)} labels")
    require_count(len(classes_NK), request, where)
    require_classes(classes_NK, spec, where)
    found = fitted(
        spec, classes_NK, spec.factor_sizes, spec.image_CHW, where, any_size=request.any_size
    )

    def blocks(start: int) -> Iterator[np.ndarray]:
        for part in PARTS:
            yield from _images(images[part], min(start, counts[part]), spec.image_CHW[1])
            start = max(0, start - counts[part])

    known: dict[Path, tuple[Checksum, ...]] = {images[part]: (MD5[part],) for part in PARTS}
    return PublishedFile(found, classes_NK, blocks, checksums=known)


def _classes(request: ReadRequest, part: str) -> np.ndarray:
    category_N = _whole(request.file(f"{part}-cat.mat.gz", f"{part}-cat.mat"), 1)
    info_path = request.file(f"{part}-info.mat.gz", f"{part}-info.mat")
    info_N4 = _whole(info_path, 2)
    if info_N4.shape != (len(category_N), 4):
        raise DataError(f"{info_path}: shape {info_N4.shape}, expected ({len(category_N)}, 4)")
    if np.any(info_N4[:, 2] % 2):
        raise DataError(f"{info_path}: an odd azimuth; they are stored as 0, 2, .. 34")
    instance_N, elevation_N, azimuth_N, lighting_N = info_N4.T
    columns = [category_N, instance_N, elevation_N, azimuth_N // 2, lighting_N]
    return np.stack(columns, axis=1).astype(np.int64)


def _whole(path: Path, rank: int) -> np.ndarray:
    with damage_named(path), _open(path) as stream:
        dtype, shape = _header(stream, path)
        if len(shape) != rank or dtype.kind != "i" or np.prod(shape) > 1 << 24:
            raise DataError(f"{path}: {dtype} {shape}, expected int32 of rank {rank}")
        return np.frombuffer(_read(stream, dtype, shape, path), dtype).reshape(shape)


def _image_shape(path: Path, request: ReadRequest) -> tuple[int, ...]:
    with damage_named(path), _open(path) as stream:
        dtype, shape = _header(stream, path)
    if dtype != np.uint8 or len(shape) != 4 or shape[1] != 2:
        raise DataError(f"{path}: {dtype} {shape}, expected uint8 (images, 2, 96, 96)")
    if shape[2:] != (96, 96) and not request.any_size:
        raise DataError(f"{path}: images of {shape[2:]} pixels, expected (96, 96)")
    return shape


def _images(path: Path, start: int, size: int) -> Iterator[np.ndarray]:
    with damage_named(path), _open(path) as stream:
        dtype, (count, pair, height, width) = _header(stream, path)
        for first in range(0, count, _BLOCK):
            shape = (min(_BLOCK, count - first), pair, height, width)
            pairs = np.frombuffer(_read(stream, dtype, shape, path), dtype).reshape(shape)
            left_nHW = pairs[max(0, start - first) :, 0]
            if len(left_nHW):
                yield np.stack([resize(image, size)[None] for image in left_nHW])
        if stream.read(1):
            raise DataError(f"{path}: longer than its header says")


def _open(path: Path) -> IO[bytes]:
    if path.suffix.lower() == ".gz":
        return cast(IO[bytes], gzip.open(path, "rb"))
    return path.open("rb")


def _header(stream: IO[bytes], path: Path) -> tuple[np.dtype, tuple[int, ...]]:
    magic, rank = (int(word) for word in np.frombuffer(_exactly(stream, 8, path), "<i4"))
    if magic not in TYPES or not 1 <= rank <= 8:
        raise DataError(f"{path}: not one of SmallNORB's files (magic {magic:#x}, rank {rank})")
    sizes = np.frombuffer(_exactly(stream, 4 * max(3, rank), path), "<i4")[:rank]
    if np.any(sizes < 0):
        raise DataError(f"{path}: sizes {sizes.tolist()} in its header")
    return np.dtype(TYPES[magic]), tuple(int(size) for size in sizes)


def _read(stream: IO[bytes], dtype: np.dtype, shape: tuple[int, ...], path: Path) -> bytes:
    return _exactly(stream, int(np.prod(shape)) * dtype.itemsize, path)


def _exactly(stream: IO[bytes], count: int, path: Path) -> bytes:
    data = stream.read(count)
    if len(data) != count:
        raise DataError(f"{path}: cut short")
    return data
