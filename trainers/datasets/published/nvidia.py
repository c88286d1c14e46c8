"""Falcor3D and Isaac3D at 128 pixels as published: zips of PNGs with labels in [0, 1]
(github.com/NVlabs/High-res-disentanglement-datasets).

Images are ROOT/images/NNNNNN.png, counted from 0. Labels are an .npy payload, (N, K), each k/(m-1);
they are rounded to classes. The order of Isaac3D's factors is that of the authors' demo script,
which alone agrees with the strides of their index formula; the names in that formula do not.

Shapes: N images, K factors, C H W image."""

import io
import re
import zipfile
from pathlib import Path

import numpy as np

from trainers.datasets.formats.archive import safe_members, zip_images
from trainers.datasets.formats.damage import damage_named
from trainers.datasets.formats.npy import read_header
from trainers.datasets.formats.pictures import decoder
from trainers.datasets.published.labels import classes_from_unit, fitted
from trainers.datasets.published.reading import PublishedFile, ReadRequest, require_count
from trainers.errors import DataError


def read_falcor3d(request: ReadRequest) -> PublishedFile:
    return _read(request, "train-rec.labels")


def read_isaac3d(request: ReadRequest) -> PublishedFile:
    return _read(request, "labels.npy")


def _read(request: ReadRequest, label_file: str) -> PublishedFile:
    """Images (N, 3, H, W) uint8 and classes (N, K)."""
    path, spec = request.file(".zip"), request.spec
    with damage_named(path), zipfile.ZipFile(path) as archive:
        members = safe_members(archive, path)
        root = _root(members, label_file, path)
        labels_NK = _labels(archive.read(root + label_file), f"{path}: {root}{label_file}")
        where = f"{path}: {root}{label_file}"
        classes_NK, sizes_K = classes_from_unit(labels_NK, spec, where, any_size=request.any_size)
        require_count(len(classes_NK), request, where)
        names = _image_names(members, root, len(classes_NK), path)
        height, width = _measure(archive.read(names[0]), names[0], path, request)
    found = fitted(spec, classes_NK, sizes_K, (3, height, width), where, any_size=request.any_size)
    decode = decoder(path, (width, height))
    return PublishedFile(found, classes_NK, lambda start: zip_images(path, names, decode, start))


def _root(members: dict[str, zipfile.ZipInfo], label_file: str, path: Path) -> str:
    found = [name for name in members if name.rpartition("/")[2] == label_file]
    found = [name for name in found if not name.startswith("__MACOSX/")]
    if len(found) != 1:
        raise DataError(f"{path}: {len(found)} members named {label_file}, expected one")
    return found[0].removesuffix(label_file)


def _labels(data: bytes, where: str) -> np.ndarray:
    stream = io.BytesIO(data)
    shape, dtype = read_header(stream, where)
    payload = stream.read()
    if len(payload) != int(np.prod(shape)) * dtype.itemsize:
        raise DataError(f"{where}: cut short: {len(payload)} bytes of labels for shape {shape}")
    return np.frombuffer(payload, dtype).reshape(shape)


def _image_names(
    members: dict[str, zipfile.ZipInfo], root: str, count: int, path: Path
) -> list[str]:
    wanted = [f"{root}images/{number:06d}.png" for number in range(count)]
    missing = [name for name in wanted if name not in members]
    if missing:
        raise DataError(
            f"{path}: {len(missing):,} of {count:,} labelled images are missing, first {missing[0]}"
        )
    pattern = re.compile(re.escape(root) + r"images/\d+\.png")
    pictures = sum(1 for name in members if pattern.fullmatch(name))
    if pictures != count:
        raise DataError(f"{path}: {pictures:,} images but labels for {count:,}")
    return wanted


def _measure(data: bytes, name: str, path: Path, request: ReadRequest) -> tuple[int, int]:
    height, width = request.spec.image_CHW[1:]
    size_WH = None if request.any_size else (width, height)
    return decoder(path, size_WH)(data, name).shape[1:]
